//! Works on the files of a folder by all that the standard library has for them, and says what came of it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::Path;
use std::time::{Duration, Instant, SystemTime};

/// What is in a folder, with folders inside: depth, name, length.
fn list(folder: &Path, depth: usize) -> io::Result<()> {
    let mut entries = fs::read_dir(folder)?.collect::<io::Result<Vec<_>>>()?;
    entries.sort_by_key(|entry| entry.file_name());
    for entry in entries {
        let (ty, name) = (entry.file_type()?, entry.file_name());
        let len = if ty.is_file() { entry.metadata()?.len() } else { 0 };
        println!("{:depth$}{} {len} {}", "", name.to_string_lossy(), ty.is_dir());
        if ty.is_dir() {
            list(&entry.path(), depth + 2)?;
        }
    }
    Ok(())
}

/// Whether a result is an error, and of which kind.
fn kind<T>(what: &str, result: io::Result<T>) {
    println!("{what}: {:?}", result.err().map(|error| error.kind()));
}

fn main() -> io::Result<()> {
    let argument = std::env::args().nth(1).expect("a folder");
    let folder = Path::new(&argument);
    println!("{}", fs::read_to_string(folder.join("given.txt"))?.trim_end());

    let deep = folder.join("a/b/c");
    fs::create_dir_all(&deep)?;
    let path = deep.join("file.txt");
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open(&path)?;
    for i in 0..1000 {
        writeln!(file, "line {i}")?;
    }
    println!("at {}", file.stream_position()?);
    file.seek(SeekFrom::End(-9))?;
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    println!("{rest:?}");
    file.seek(SeekFrom::Start(5))?;
    file.write_all(b"ZERO")?;
    file.set_len(14)?;
    file.sync_all()?;
    let time = SystemTime::UNIX_EPOCH + Duration::new(1_000_000_000, 123_456_000);
    file.set_modified(time)?;
    println!("{}", file.metadata()?.modified()? == time);
    drop(file);
    let mut appended = OpenOptions::new().append(true).open(&path)?;
    appended.write_all(b"++")?;
    appended.seek(SeekFrom::Start(0))?;
    appended.write_all(b"--")?;
    println!("{:?}", fs::read_to_string(&path)?);

    fs::rename(&path, folder.join("moved"))?;
    fs::hard_link(folder.join("moved"), deep.join("linked"))?;
    println!("{}", fs::copy(folder.join("moved"), deep.join("copied"))?);
    fs::write(folder.join("big"), vec![7; 1 << 16])?;
    println!("{}", fs::read(folder.join("big"))?.iter().map(|byte| u64::from(*byte)).sum::<u64>());
    for i in 0..300 {
        File::create(deep.join(format!("a rather long name of a file, number {i:03}")))?;
    }
    println!("{}", fs::read_dir(&deep)?.count());
    for entry in fs::read_dir(&deep)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with("a rather") {
            fs::remove_file(entry.path())?;
        }
    }
    list(folder, 0)?;

    kind("open nothing", File::open(folder.join("nothing")));
    kind("create what is there", File::create_new(folder.join("moved")));
    kind("list a file", fs::read_dir(folder.join("moved")));
    kind("a file as a folder", File::open(folder.join("moved/x")));
    kind("make a folder twice", fs::create_dir(folder.join("a")));
    kind("remove a folder as a file", fs::remove_file(folder.join("nothing")));
    kind("a name without end", File::open(folder.join("x".repeat(200))));
    println!("{}", fs::remove_dir(folder.join("a")).is_err());
    fs::remove_dir_all(folder.join("a"))?;
    println!("{} {}", folder.join("a").exists(), folder.join("moved").is_file());

    let begin = Instant::now();
    std::thread::sleep(Duration::from_millis(3));
    println!("{}", begin.elapsed() >= Duration::from_millis(3));
    println!("{}", SystemTime::now() > time - Duration::from_secs(100_000_000));
    Ok(())
}
