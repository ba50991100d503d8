//! `assay manual`: pages for `man` and completions for shells, made from the definition of the command line.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use clap::{Command, ValueEnum as _};
use clap_complete::Shell;

use crate::output::{Failure, exit, printable};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder, which gets one folder man/ and one completions/
    folder: PathBuf,
}

pub(crate) fn run(args: &Args, cli: Command) -> Result<u8, Failure> {
    let folder = &args.folder;
    match write(folder, cli) {
        Ok(()) => Ok(exit::YES),
        Err(error) => Err(Failure::Usage(format!("{}: {error}", printable(&folder.to_string_lossy())))),
    }
}

fn write(folder: &Path, mut cli: Command) -> io::Result<()> {
    let [man, completions] = ["man", "completions"].map(|name| folder.join(name));
    fs::create_dir_all(&man)?;
    fs::create_dir_all(&completions)?;
    // A page for each command, and none for `help COMMAND`; that has to be said before anything is made of it.
    clap_mangen::generate_to(cli.clone().disable_help_subcommand(true), man)?;
    for shell in Shell::value_variants() {
        clap_complete::generate_to(*shell, &mut cli, "assay", &completions)?;
    }
    Ok(())
}
