//! WASI preview 1, function by function: what each answers, writes to memory and does to a folder.
//!
//! The module imports every function of the interface by its type there, and exports it: a test calls it with what a
//! program would pass, and looks at the program's memory.
#![cfg(feature = "wasi")]

mod arbitrary;
mod files;
mod folders;
mod process;

use std::cell::RefCell;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use assay_interp::binary;
use assay_interp::exec::{ExternAddr, ModuleInst, Val, Value};
use assay_interp::host::wasi::{Streams, Wasi};
use assay_interp::machine::{Budgets, Machine};
use assay_interp::outcome::Outcome;
use assay_interp::syntax::ValType;
use tempfile::TempDir;

/// The functions with the types of their parameters: `i` for 32 bits, `I` for 64. All but `proc_exit` have one result.
const FUNCTIONS: [(&str, &str); 46] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "iIi"),
    ("fd_advise", "iIIi"),
    ("fd_allocate", "iII"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "iII"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "iI"),
    ("fd_filestat_set_times", "iIIi"),
    ("fd_pread", "iiiIi"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiiIi"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiiIi"),
    ("fd_renumber", "ii"),
    ("fd_seek", "iIii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiiIIi"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiiIIii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("proc_exit", "i"),
    ("proc_raise", "i"),
    ("sched_yield", ""),
    ("random_get", "ii"),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

/// Errors, by the numbers of the interface.
mod errno {
    pub(crate) const SUCCESS: u32 = 0;
    pub(crate) const BADF: u32 = 8;
    pub(crate) const EXIST: u32 = 20;
    pub(crate) const FAULT: u32 = 21;
    pub(crate) const ILSEQ: u32 = 25;
    pub(crate) const INVAL: u32 = 28;
    pub(crate) const ISDIR: u32 = 31;
    pub(crate) const LOOP: u32 = 32;
    pub(crate) const MFILE: u32 = 33;
    pub(crate) const NAMETOOLONG: u32 = 37;
    pub(crate) const NOENT: u32 = 44;
    pub(crate) const NOTDIR: u32 = 54;
    pub(crate) const NOTEMPTY: u32 = 55;
    pub(crate) const NOTSOCK: u32 = 57;
    pub(crate) const NOTSUP: u32 = 58;
    pub(crate) const PERM: u32 = 63;
    pub(crate) const SPIPE: u32 = 70;
    pub(crate) const NOTCAPABLE: u32 = 76;
}
use errno::SUCCESS;

/// The folder that the program has.
const FOLDER: u64 = 3;

/// Where in memory the functions put what they answer.
const OUT: u64 = 64;

/// Where the tests put lists of buffers.
const LIST: u64 = 128;

/// Where the tests put bytes.
const BYTES: u64 = 1024;

/// Where the tests put a path, and another one.
const PATH: u64 = 8192;
const OTHER: u64 = 16384;

/// An address behind the end of memory.
const OUTSIDE: u64 = 65536;

const ALL_RIGHTS: u64 = (1 << 30) - 1;
const CREAT: u64 = 1;
const DIRECTORY: u64 = 2;
const EXCL: u64 = 4;
const TRUNC: u64 = 8;

/// Bytes that a program wrote.
#[derive(Clone, Default)]
struct Written(Rc<RefCell<Vec<u8>>>);

impl Write for Written {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.borrow_mut().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A program and its folder, which it knows as `/data`.
struct Program {
    machine: Machine,
    instance: Arc<ModuleInst>,
    host: Wasi,
    folder: TempDir,
    output: Written,
    error: Written,
}

/// The module: it exports what it imports, and a page of memory.
fn text() -> String {
    let mut text = String::from("(module\n");
    for (name, params) in FUNCTIONS {
        let params = params.replace('i', " i32").replace('I', " i64");
        let result = if name == "proc_exit" { "" } else { "(result i32)" };
        text += &format!(
            "(func ${name} (import \"wasi_snapshot_preview1\" \"{name}\") (param{params}) {result})\n\
             (export \"{name}\" (func ${name}))\n"
        );
    }
    text + r#"(memory (export "memory") 1))"#
}

impl Program {
    fn new() -> Program {
        Program::with(Streams::inherited(), |_| {})
    }

    fn deterministic(seed: u64) -> Program {
        Program::with(Streams::inherited(), |host| host.deterministic(seed))
    }

    /// A program that reads these bytes.
    fn reading(input: impl Read + 'static) -> Program {
        Program::with(Streams { input: Box::new(input), ..Streams::inherited() }, |_| {})
    }

    /// A program whose output is kept, and that is no terminal's.
    fn with(streams: Streams, more: impl FnOnce(&mut Wasi)) -> Program {
        let (output, error) = (Written::default(), Written::default());
        let (out, err) = (Box::new(output.clone()), Box::new(error.clone()));
        let program = Program::of(Streams { output: out, error: err, terminals: [false; 3], ..streams }, more);
        Program { output, error, ..program }
    }

    /// A program with these streams.
    fn of(streams: Streams, more: impl FnOnce(&mut Wasi)) -> Program {
        let folder = tempfile::tempdir().unwrap();
        let mut host = Wasi::new(vec!["program".into(), "an argument".into(), "ü".into()], streams);
        host.env("KEY", "value");
        host.env("EMPTY", "");
        host.dir(folder.path(), "/data").unwrap();
        more(&mut host);
        let module = Arc::new(binary::decode(&wat::parse_str(text()).unwrap()).unwrap());
        let mut machine = Machine::new(Budgets::default());
        let imports: Option<Vec<ExternAddr>> =
            module.imports.iter().map(|import| Wasi::function(machine.store_mut(), import)).collect();
        let imports = imports.expect("every function of the interface");
        let instance = machine.instantiate(&module, &imports, &mut host, &mut ()).unwrap();
        Program { machine, instance, host, folder, output: Written::default(), error: Written::default() }
    }

    fn outcome(&mut self, name: &str, args: &[u64]) -> Outcome {
        let Some(ExternAddr::Func(func)) = self.instance.export(name) else { panic!("no {name}") };
        let params = self.machine.store().funcs[func].ty().params.clone();
        assert_eq!(params.len(), args.len(), "{name}");
        let value = |(ty, arg): (&ValType, &u64)| match *ty {
            ValType::I32 => Val::I32(u32::try_from(*arg).expect("32 bits")),
            _ => Val::I64(*arg),
        };
        let args: Vec<Value> = params.iter().zip(args).map(value).collect();
        self.machine.invoke(func, &args, &mut self.host, &mut ())
    }

    /// Calls a function, and gives its error number.
    #[track_caller]
    fn call(&mut self, name: &str, args: &[u64]) -> u32 {
        match self.outcome(name, args) {
            Outcome::Returned(results) => match results[..] {
                [Val::I32(errno)] => errno,
                _ => panic!("{name}: {results:?}"),
            },
            other => panic!("{name}: {other}"),
        }
    }

    /// Calls a function that succeeds.
    #[track_caller]
    fn ok(&mut self, name: &str, args: &[u64]) {
        assert_eq!(self.call(name, args), SUCCESS, "{name} {args:?}");
    }

    fn memory(&mut self) -> &mut Vec<u8> {
        &mut self.machine.store_mut().mems[0].bytes
    }

    fn put(&mut self, at: u64, bytes: &[u8]) {
        self.memory()[at as usize..][..bytes.len()].copy_from_slice(bytes);
    }

    fn bytes(&mut self, at: u64, len: u64) -> Vec<u8> {
        self.memory()[at as usize..][..len as usize].to_vec()
    }

    fn u16(&mut self, at: u64) -> u16 {
        u16::from_le_bytes(self.bytes(at, 2).try_into().unwrap())
    }

    fn u32(&mut self, at: u64) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    fn u64(&mut self, at: u64) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// Puts a path into memory: where it is, and its length.
    fn path_at(&mut self, at: u64, path: &str) -> [u64; 2] {
        self.put(at, path.as_bytes());
        [at, path.len() as u64]
    }

    /// Calls a function that takes a descriptor and a path.
    #[track_caller]
    fn at(&mut self, name: &str, path: &str) -> u32 {
        let [at, len] = self.path_at(PATH, path);
        self.call(name, &[FOLDER, at, len])
    }

    /// Puts a list of buffers into memory: each an address and a length. Gives the arguments that stand for it.
    fn list(&mut self, buffers: &[(u64, u64)]) -> [u64; 2] {
        for (i, (at, len)) in (0..).zip(buffers) {
            let bytes = [(*at as u32).to_le_bytes(), (*len as u32).to_le_bytes()].concat();
            self.put(LIST + i * 8, &bytes);
        }
        [LIST, buffers.len() as u64]
    }

    /// Opens a path with rights, without following a link: the error, or the descriptor.
    #[track_caller]
    fn try_open(&mut self, path: &str, oflags: u64, base: u64, fdflags: u64) -> Result<u64, u32> {
        self.try_open_in(FOLDER, 0, path, oflags, base, fdflags)
    }

    #[track_caller]
    fn try_open_in(
        &mut self,
        folder: u64,
        lookup: u64,
        path: &str,
        oflags: u64,
        base: u64,
        fdflags: u64,
    ) -> Result<u64, u32> {
        let [at, len] = self.path_at(PATH, path);
        let args = [folder, lookup, at, len, oflags, base, ALL_RIGHTS, fdflags, OUT];
        match self.call("path_open", &args) {
            SUCCESS => Ok(self.u32(OUT).into()),
            errno => Err(errno),
        }
    }

    /// Opens a file for reading and writing.
    #[track_caller]
    fn open(&mut self, path: &str, oflags: u64) -> u64 {
        self.try_open(path, oflags, ALL_RIGHTS, 0).unwrap()
    }

    /// Writes bytes to a descriptor: the error, or how many.
    #[track_caller]
    fn write(&mut self, fd: u64, bytes: &[u8]) -> Result<u32, u32> {
        self.put(BYTES, bytes);
        let [list, count] = self.list(&[(BYTES, bytes.len() as u64)]);
        match self.call("fd_write", &[fd, list, count, OUT]) {
            SUCCESS => Ok(self.u32(OUT)),
            errno => Err(errno),
        }
    }

    /// Reads from a descriptor: the error, or the bytes.
    #[track_caller]
    fn read(&mut self, fd: u64, len: u64) -> Result<Vec<u8>, u32> {
        let [list, count] = self.list(&[(BYTES, len)]);
        match self.call("fd_read", &[fd, list, count, OUT]) {
            SUCCESS => {
                let n = self.u32(OUT).into();
                Ok(self.bytes(BYTES, n))
            }
            errno => Err(errno),
        }
    }

    /// A path of the folder's, on this machine.
    fn there(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    /// Puts a file into the folder.
    fn file(&self, path: &str, content: &str) {
        std::fs::write(self.there(path), content).unwrap();
    }

    fn content(&self, path: &str) -> String {
        std::fs::read_to_string(self.there(path)).unwrap()
    }
}
