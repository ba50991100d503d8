//! WASI preview 1: the functions of `wasi_snapshot_preview1` for one program.
//!
//! The interface is `wasi_snapshot_preview1.witx` of the WASI repository. What is asked for and can't be had is
//! answered with an error of the interface, a pointer out of the memory `memory` with `fault`: nothing that a program
//! passes is a panic. All functions are there; what this host doesn't offer:
//!
//! - `proc_raise` answers `notsup`, and so does `fd_allocate` where the system isn't Linux;
//! - there are no sockets: the functions `sock_*` answer `notsock`, or `badf`;
//! - the clocks of processor time answer `inval`, as clocks that aren't supported do;
//! - `fd_advise` takes advice, and does nothing about it;
//! - `poll_oneoff` calls each file and stream ready, so that only clocks are waited for.
//!
//! Beyond the memory that a program has, a call makes the host hold no more than a path, 1024 buffers' places, 65536
//! subscriptions, or the list of a directory; 1024 descriptors can be open.

mod descriptor;
mod fd;
mod memory;
mod path;
mod poll;
mod types;
mod world;

use std::io::{self, IsTerminal as _, Read, Write};
use std::path::Path;
use std::sync::Arc;

use cap_std::ambient_authority;
use cap_std::fs::Dir;

use self::descriptor::{Descriptor, Descriptors, Stream};
use self::memory::Memory;
use self::types::{Answer, Errno};
use self::world::{Clock, World};
use crate::exec::{Addr, ExternAddr, ModuleInst, Store, Val, Value};
use crate::machine::{Host, HostError};
use crate::syntax::{FuncType, Import, ValType};
use crate::value::Concrete;

/// The first level of the names that the functions are imported by.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// What one program has of the outside: arguments, environment, streams, clocks, random numbers, and the folders that
/// it was given. It is the [`Host`] of the one instance that is made with [its functions](Wasi::function).
pub struct Wasi {
    args: Vec<String>,
    /// Each as `KEY=VALUE`.
    environ: Vec<String>,
    descriptors: Descriptors,
    world: World,
    /// The exported memory of the instance.
    memory: Option<Addr>,
}

/// The bytes that a program reads and writes by itself.
pub struct Streams {
    /// Descriptor 0.
    pub input: Box<dyn Read>,
    /// Descriptor 1.
    pub output: Box<dyn Write>,
    /// Descriptor 2.
    pub error: Box<dyn Write>,
    /// Which of them the program is told to be terminals.
    pub terminals: [bool; 3],
}

impl Streams {
    /// Those of this process.
    pub fn inherited() -> Streams {
        let (input, output, error) = (io::stdin(), io::stdout(), io::stderr());
        let terminals = [input.is_terminal(), output.is_terminal(), error.is_terminal()];
        Streams { input: Box::new(input), output: Box::new(output), error: Box::new(error), terminals }
    }
}

impl Wasi {
    /// A program with these arguments, the first of which is its name, and without environment or folders. Clocks and
    /// random numbers are the machine's.
    pub fn new(args: Vec<String>, streams: Streams) -> Wasi {
        let mut descriptors = Descriptors::default();
        let [input, output, error] = streams.terminals;
        for (stream, terminal) in [
            (Stream::Input(streams.input), input),
            (Stream::Output(streams.output), output),
            (Stream::Output(streams.error), error),
        ] {
            descriptors.insert(Descriptor::standard(stream, terminal)).expect("there is room for three");
        }
        Wasi { args, environ: Vec::new(), descriptors, world: World::real(), memory: None }
    }

    /// Makes the same of each run with the same input: clocks advance by a millisecond at each reading and by what is
    /// waited for, real time from 2000-01-01T00:00:00Z on; random numbers are those of a generator with this seed; a
    /// file's times are zero, its serial number is the order in which it was met.
    pub fn deterministic(&mut self, seed: u64) {
        self.world = World::deterministic(seed);
    }

    /// Adds a variable to the environment.
    pub fn env(&mut self, key: &str, value: &str) {
        self.environ.push(format!("{key}={value}"));
    }

    /// Gives the program a folder of this machine, with all rights, under a name.
    ///
    /// # Errors
    ///
    /// It can't be opened, or there are too many.
    pub fn dir(&mut self, host: &Path, guest: &str) -> io::Result<()> {
        let dir = Dir::open_ambient_dir(host, ambient_authority())?;
        let inserted = self.descriptors.insert(Descriptor::preopened(dir, guest.to_owned()));
        inserted.map(|_| ()).map_err(|_| io::Error::other("too many folders"))
    }

    /// The function that an import names, allocated in a store; `None` if the interface has none of that name. It is of
    /// the interface's type, whatever the import's.
    pub fn function(store: &mut Store<Concrete>, import: &Import) -> Option<ExternAddr> {
        if import.module != MODULE {
            return None;
        }
        let id = FUNCTIONS.iter().position(|function| function.name == import.name)?;
        let Function { params, results, .. } = FUNCTIONS[id];
        let ty = FuncType { params: params.to_vec(), results: results.to_vec() };
        Some(ExternAddr::Func(store.alloc_host_func(Arc::new(ty), id)))
    }

    fn args_get(&mut self, memory: &mut Memory, argv: u32, buf: u32) -> Answer {
        put_strings(memory, &self.args, argv, buf)
    }

    fn args_sizes_get(&mut self, memory: &mut Memory, count: u32, size: u32) -> Answer {
        put_sizes(memory, &self.args, count, size)
    }

    fn environ_get(&mut self, memory: &mut Memory, environ: u32, buf: u32) -> Answer {
        put_strings(memory, &self.environ, environ, buf)
    }

    fn environ_sizes_get(&mut self, memory: &mut Memory, count: u32, size: u32) -> Answer {
        put_sizes(memory, &self.environ, count, size)
    }

    fn clock_res_get(&mut self, memory: &mut Memory, id: u32, resolution: u32) -> Answer {
        Clock::new(id)?;
        memory.put(resolution, &self.world.resolution().to_le_bytes())
    }

    fn clock_time_get(&mut self, memory: &mut Memory, id: u32, _precision: u64, time: u32) -> Answer {
        let clock = Clock::new(id)?;
        memory.range(time, 8)?;
        memory.put(time, &self.world.time(clock).to_le_bytes())
    }

    fn random_get(&mut self, memory: &mut Memory, buf: u32, len: u32) -> Answer {
        self.world.fill(memory.bytes_mut(buf, len)?)
    }

    fn proc_raise(&mut self, _: &mut Memory, _signal: u32) -> Answer {
        Err(Errno::Notsup)
    }

    /// There is nobody to yield to.
    fn sched_yield(&mut self, _: &mut Memory) -> Answer {
        Ok(())
    }
}

/// Writes strings one after the other, each with a NUL, and where each begins.
fn put_strings(memory: &mut Memory, strings: &[String], at: u32, buf: u32) -> Answer {
    let (mut pointers, mut bytes) = (Vec::new(), Vec::new());
    for string in strings {
        let place = u32::try_from(bytes.len()).ok().and_then(|n| buf.checked_add(n)).ok_or(Errno::Fault)?;
        pointers.extend(place.to_le_bytes());
        bytes.extend(string.as_bytes());
        bytes.push(0);
    }
    memory.put(at, &pointers)?;
    memory.put(buf, &bytes)
}

/// Writes how many strings there are, and the bytes that they take.
fn put_sizes(memory: &mut Memory, strings: &[String], count: u32, size: u32) -> Answer {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    for (at, n) in [(count, strings.len()), (size, bytes)] {
        memory.put(at, &u32::try_from(n).map_err(|_| Errno::Overflow)?.to_le_bytes())?;
    }
    Ok(())
}

/// How a function is called.
type Call = fn(&mut Wasi, &mut Memory, &[Value]) -> Result<Vec<Value>, HostError>;

/// A function of the interface.
struct Function {
    name: &'static str,
    params: &'static [ValType],
    results: &'static [ValType],
    call: Call,
}

/// How a parameter crosses.
trait Param {
    const TYPE: ValType;
    fn of(value: Value) -> Self;
}

impl Param for u32 {
    const TYPE: ValType = ValType::I32;
    fn of(value: Value) -> u32 {
        match value {
            Val::I32(c) => c,
            other => unreachable!("{other:?} is no i32"),
        }
    }
}

impl Param for u64 {
    const TYPE: ValType = ValType::I64;
    fn of(value: Value) -> u64 {
        match value {
            Val::I64(c) => c,
            other => unreachable!("{other:?} is no i64"),
        }
    }
}

impl Param for i64 {
    const TYPE: ValType = ValType::I64;
    fn of(value: Value) -> i64 {
        u64::of(value) as i64
    }
}

/// One row per function that ends in an error number: its name and its parameters, with which the method of that name
/// is called.
macro_rules! functions {
    ($($name:ident($($param:ident: $ty:ty),*);)*) => {
        const FUNCTIONS: &[Function] = &[
            $(Function {
                name: stringify!($name),
                params: &[$(<$ty as Param>::TYPE),*],
                results: &[ValType::I32],
                call: |wasi, memory, args| {
                    let [$($param),*] = args else { unreachable!("arguments are of the function's type") };
                    let answer = wasi.$name(memory, $(<$ty as Param>::of(*$param)),*);
                    Ok(vec![Val::I32(answer.map_or_else(|errno| errno as u32, |()| 0))])
                },
            },)*
            Function {
                name: "proc_exit",
                params: &[ValType::I32],
                results: &[],
                call: |_, _, args| Err(HostError::Exit(u32::of(args[0]))),
            },
        ];
    };
}

functions! {
    args_get(argv: u32, buf: u32);
    args_sizes_get(count: u32, size: u32);
    environ_get(environ: u32, buf: u32);
    environ_sizes_get(count: u32, size: u32);
    clock_res_get(id: u32, resolution: u32);
    clock_time_get(id: u32, precision: u64, time: u32);
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
    fd_allocate(fd: u32, offset: u64, len: u64);
    fd_close(fd: u32);
    fd_datasync(fd: u32);
    fd_fdstat_get(fd: u32, stat: u32);
    fd_fdstat_set_flags(fd: u32, flags: u32);
    fd_fdstat_set_rights(fd: u32, base: u64, inheriting: u64);
    fd_filestat_get(fd: u32, stat: u32);
    fd_filestat_set_size(fd: u32, size: u64);
    fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: u32);
    fd_pread(fd: u32, iovs: u32, count: u32, offset: u64, nread: u32);
    fd_prestat_get(fd: u32, stat: u32);
    fd_prestat_dir_name(fd: u32, path: u32, len: u32);
    fd_pwrite(fd: u32, iovs: u32, count: u32, offset: u64, nwritten: u32);
    fd_read(fd: u32, iovs: u32, count: u32, nread: u32);
    fd_readdir(fd: u32, buf: u32, len: u32, cookie: u64, used: u32);
    fd_renumber(from: u32, to: u32);
    fd_seek(fd: u32, delta: i64, whence: u32, new: u32);
    fd_sync(fd: u32);
    fd_tell(fd: u32, offset: u32);
    fd_write(fd: u32, iovs: u32, count: u32, nwritten: u32);
    path_create_directory(fd: u32, path: u32, len: u32);
    path_filestat_get(fd: u32, lookup: u32, path: u32, len: u32, stat: u32);
    path_filestat_set_times(fd: u32, lookup: u32, path: u32, len: u32, atim: u64, mtim: u64, fst_flags: u32);
    path_link(old_fd: u32, lookup: u32, old: u32, old_len: u32, new_fd: u32, new: u32, new_len: u32);
    path_open(fd: u32, lookup: u32, path: u32, len: u32, oflags: u32, base: u64, inheriting: u64, fdflags: u32,
        opened: u32);
    path_readlink(fd: u32, path: u32, len: u32, buf: u32, buf_len: u32, used: u32);
    path_remove_directory(fd: u32, path: u32, len: u32);
    path_rename(fd: u32, old: u32, old_len: u32, new_fd: u32, new: u32, new_len: u32);
    path_symlink(old: u32, old_len: u32, fd: u32, new: u32, new_len: u32);
    path_unlink_file(fd: u32, path: u32, len: u32);
    poll_oneoff(from: u32, to: u32, count: u32, events: u32);
    proc_raise(signal: u32);
    sched_yield();
    random_get(buf: u32, len: u32);
    sock_accept(fd: u32, flags: u32, new: u32);
    sock_recv(fd: u32, data: u32, count: u32, flags: u32, read: u32, out_flags: u32);
    sock_send(fd: u32, data: u32, count: u32, flags: u32, sent: u32);
    sock_shutdown(fd: u32, how: u32);
}

impl Host for Wasi {
    fn call(&mut self, store: &mut Store<Concrete>, id: usize, args: Vec<Value>) -> Result<Vec<Value>, HostError> {
        let bytes = self.memory.map_or(&mut [][..], |a| &mut store.mems[a].bytes[..]);
        (FUNCTIONS[id].call)(self, &mut Memory(bytes), &args)
    }

    fn allocated(&mut self, instance: &ModuleInst) {
        self.memory = match instance.export("memory") {
            Some(ExternAddr::Mem(a)) => Some(a),
            _ => None,
        };
    }
}
