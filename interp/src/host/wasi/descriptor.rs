//! Descriptors: what a program has open, and what it may do with it.

use std::fs::File;
use std::io::{self, Read, Write};

use cap_std::fs::Dir;

use super::types::{Answer, Errno, FileType, rights};

/// Descriptors at most.
const MAX_DESCRIPTORS: usize = 1024;

/// What is open.
pub(super) struct Descriptor {
    pub(super) node: Node,
    /// Its `fdflags`.
    pub(super) flags: u32,
    /// The rights to it.
    pub(super) base: u64,
    /// The rights that what is opened through it can have.
    pub(super) inheriting: u64,
    /// The name by which the program knows it from the beginning.
    pub(super) preopened: Option<String>,
}

/// What is behind a descriptor.
pub(super) enum Node {
    /// Bytes without a position.
    Stream(Stream, FileType),
    /// A regular file, and the position in it in bytes. The system's own position means nothing between calls.
    File(File, u64),
    /// A directory, and what it held when it was read last, in the order of cookies.
    Directory(Dir, Vec<Entry>),
}

/// An entry of a directory.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) ino: u64,
    pub(super) filetype: FileType,
}

/// Bytes without a position.
pub(super) enum Stream {
    /// To be read.
    Input(Box<dyn Read>),
    /// To be written.
    Output(Box<dyn Write>),
    /// A device, or another file of the system's that isn't regular.
    Device(File),
}

impl Stream {
    /// Reads what is there, waiting for a first byte.
    pub(super) fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self {
            Stream::Input(input) => input.read(bytes),
            Stream::Output(_) => Err(io::ErrorKind::Unsupported.into()),
            Stream::Device(file) => file.read(bytes),
        }
    }

    /// Writes some of the bytes, and keeps none back.
    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Stream::Input(_) => Err(io::ErrorKind::Unsupported.into()),
            Stream::Output(output) => {
                let written = output.write(bytes)?;
                output.flush()?;
                Ok(written)
            }
            Stream::Device(file) => file.write(bytes),
        }
    }
}

impl Descriptor {
    /// A standard stream.
    pub(super) fn standard(stream: Stream, terminal: bool) -> Descriptor {
        let direction = match stream {
            Stream::Input(_) => rights::FD_READ,
            Stream::Output(_) | Stream::Device(_) => rights::FD_WRITE,
        };
        Descriptor {
            node: Node::Stream(stream, if terminal { FileType::CharacterDevice } else { FileType::Unknown }),
            flags: 0,
            base: rights::STREAM & !(rights::FD_READ | rights::FD_WRITE) | direction,
            inheriting: 0,
            preopened: None,
        }
    }

    /// A folder that the program has from the beginning, with all rights.
    pub(super) fn preopened(dir: Dir, name: String) -> Descriptor {
        Descriptor {
            node: Node::Directory(dir, Vec::new()),
            flags: 0,
            base: rights::DIRECTORY,
            inheriting: rights::ALL,
            preopened: Some(name),
        }
    }

    /// Asks for rights, all of them.
    pub(super) fn needs(&self, rights: u64) -> Answer {
        if self.base & rights == rights { Ok(()) } else { Err(Errno::Notcapable) }
    }

    /// The type of what is open.
    pub(super) fn filetype(&self) -> FileType {
        match &self.node {
            Node::Stream(_, filetype) => *filetype,
            Node::File(..) => FileType::RegularFile,
            Node::Directory(..) => FileType::Directory,
        }
    }
}

/// The descriptors by number.
#[derive(Default)]
pub(super) struct Descriptors(Vec<Option<Descriptor>>);

impl Descriptors {
    /// Takes the lowest number that is free.
    pub(super) fn insert(&mut self, descriptor: Descriptor) -> Answer<u32> {
        let at = self.free()?;
        if at == self.0.len() {
            self.0.push(None);
        }
        self.0[at] = Some(descriptor);
        Ok(at as u32)
    }

    /// The lowest number that is free.
    pub(super) fn free(&self) -> Answer<usize> {
        let at = self.0.iter().position(Option::is_none).unwrap_or(self.0.len());
        if at < MAX_DESCRIPTORS { Ok(at) } else { Err(Errno::Mfile) }
    }

    /// What is open under a number.
    pub(super) fn get(&self, fd: u32) -> Answer<&Descriptor> {
        self.0.get(fd as usize).and_then(Option::as_ref).ok_or(Errno::Badf)
    }

    /// What is open under a number, to be changed.
    pub(super) fn get_mut(&mut self, fd: u32) -> Answer<&mut Descriptor> {
        self.0.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }

    /// What is open under a number, if all these rights to it are there.
    pub(super) fn with(&mut self, fd: u32, rights: u64) -> Answer<&mut Descriptor> {
        let descriptor = self.get_mut(fd)?;
        descriptor.needs(rights)?;
        Ok(descriptor)
    }

    /// The directory under a number, if all these rights to it are there.
    pub(super) fn directory(&self, fd: u32, rights: u64) -> Answer<&Dir> {
        let descriptor = self.get(fd)?;
        let Node::Directory(dir, _) = &descriptor.node else { return Err(Errno::Notdir) };
        descriptor.needs(rights)?;
        Ok(dir)
    }

    /// The regular file under a number and the position in it, if all these rights to it are there. A stream is told to
    /// have no position before it is told to have no rights.
    pub(super) fn file(&mut self, fd: u32, rights: u64) -> Answer<(&mut File, &mut u64)> {
        let descriptor = self.get_mut(fd)?;
        if matches!(descriptor.node, Node::Stream(..)) {
            return Err(Errno::Spipe);
        }
        descriptor.needs(rights)?;
        match &mut descriptor.node {
            Node::File(file, at) => Ok((file, at)),
            Node::Directory(..) | Node::Stream(..) => Err(Errno::Isdir),
        }
    }

    /// Closes a number.
    pub(super) fn remove(&mut self, fd: u32) -> Answer<Descriptor> {
        self.0.get_mut(fd as usize).and_then(Option::take).ok_or(Errno::Badf)
    }

    /// Gives what is open under one number another one, and closes what was open under that.
    pub(super) fn renumber(&mut self, from: u32, to: u32) -> Answer {
        self.get(to)?;
        let moved = self.remove(from)?;
        self.0[to as usize] = Some(moved);
        Ok(())
    }
}
