//! The types of `wasi_snapshot_preview1`: their numbers, and their layout in memory (all little-endian).

use std::io;

/// An error of a function (`errno`), but for those that no function of ours has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Errno {
    TooBig = 1,
    Acces = 2,
    Again = 6,
    Badf = 8,
    Busy = 10,
    Dquot = 19,
    Exist = 20,
    Fault = 21,
    Fbig = 22,
    Ilseq = 25,
    Intr = 27,
    Inval = 28,
    Io = 29,
    Isdir = 31,
    Loop = 32,
    Mfile = 33,
    Mlink = 34,
    Nametoolong = 37,
    Nfile = 41,
    Nodev = 43,
    Noent = 44,
    Nomem = 48,
    Nospc = 51,
    Nosys = 52,
    Notdir = 54,
    Notempty = 55,
    Notsock = 57,
    Notsup = 58,
    Nxio = 60,
    Overflow = 61,
    Perm = 63,
    Pipe = 64,
    Rofs = 69,
    Spipe = 70,
    Txtbsy = 74,
    Xdev = 75,
    Notcapable = 76,
}

/// What a function comes to.
pub(super) type Answer<T = ()> = Result<T, Errno>;

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        #[cfg(unix)]
        if let Some(errno) = rustix::io::Errno::from_io_error(&error) {
            return of_unix(errno);
        }
        match error.kind() {
            io::ErrorKind::NotFound => Errno::Noent,
            // Without a number of the system's it is a path that would have left its folder.
            io::ErrorKind::PermissionDenied if error.raw_os_error().is_none() => Errno::Perm,
            io::ErrorKind::PermissionDenied => Errno::Acces,
            io::ErrorKind::AlreadyExists => Errno::Exist,
            io::ErrorKind::NotADirectory => Errno::Notdir,
            io::ErrorKind::IsADirectory => Errno::Isdir,
            io::ErrorKind::DirectoryNotEmpty => Errno::Notempty,
            io::ErrorKind::ReadOnlyFilesystem => Errno::Rofs,
            io::ErrorKind::StorageFull => Errno::Nospc,
            io::ErrorKind::QuotaExceeded => Errno::Dquot,
            io::ErrorKind::FileTooLarge => Errno::Fbig,
            io::ErrorKind::NotSeekable => Errno::Spipe,
            io::ErrorKind::ResourceBusy => Errno::Busy,
            io::ErrorKind::ExecutableFileBusy => Errno::Txtbsy,
            io::ErrorKind::CrossesDevices => Errno::Xdev,
            io::ErrorKind::TooManyLinks => Errno::Mlink,
            io::ErrorKind::InvalidFilename => Errno::Nametoolong,
            io::ErrorKind::BrokenPipe => Errno::Pipe,
            io::ErrorKind::WouldBlock => Errno::Again,
            io::ErrorKind::Interrupted => Errno::Intr,
            io::ErrorKind::InvalidInput => Errno::Inval,
            io::ErrorKind::Unsupported => Errno::Notsup,
            io::ErrorKind::OutOfMemory => Errno::Nomem,
            _ => Errno::Io,
        }
    }
}

/// Of a Unix's number, which says more than Rust's kind of error.
#[cfg(unix)]
fn of_unix(errno: rustix::io::Errno) -> Errno {
    use rustix::io::Errno as Unix;
    let same = [
        (Unix::TOOBIG, Errno::TooBig),
        (Unix::ACCESS, Errno::Acces),
        (Unix::AGAIN, Errno::Again),
        (Unix::BADF, Errno::Badf),
        (Unix::BUSY, Errno::Busy),
        (Unix::DQUOT, Errno::Dquot),
        (Unix::EXIST, Errno::Exist),
        (Unix::FBIG, Errno::Fbig),
        (Unix::ILSEQ, Errno::Ilseq),
        (Unix::INTR, Errno::Intr),
        (Unix::INVAL, Errno::Inval),
        (Unix::ISDIR, Errno::Isdir),
        (Unix::LOOP, Errno::Loop),
        (Unix::MFILE, Errno::Mfile),
        (Unix::MLINK, Errno::Mlink),
        (Unix::NAMETOOLONG, Errno::Nametoolong),
        (Unix::NFILE, Errno::Nfile),
        (Unix::NODEV, Errno::Nodev),
        (Unix::NOENT, Errno::Noent),
        (Unix::NOMEM, Errno::Nomem),
        (Unix::NOSPC, Errno::Nospc),
        (Unix::NOSYS, Errno::Nosys),
        (Unix::NOTDIR, Errno::Notdir),
        (Unix::NOTEMPTY, Errno::Notempty),
        (Unix::NOTSUP, Errno::Notsup),
        (Unix::NXIO, Errno::Nxio),
        (Unix::OVERFLOW, Errno::Overflow),
        (Unix::PERM, Errno::Perm),
        (Unix::PIPE, Errno::Pipe),
        (Unix::ROFS, Errno::Rofs),
        (Unix::SPIPE, Errno::Spipe),
        (Unix::TXTBSY, Errno::Txtbsy),
        (Unix::XDEV, Errno::Xdev),
    ];
    same.iter().find(|(unix, _)| *unix == errno).map_or(Errno::Io, |(_, ours)| *ours)
}

/// `rights`: what a descriptor may be used for.
pub(super) mod rights {
    pub(crate) const FD_DATASYNC: u64 = 1 << 0;
    pub(crate) const FD_READ: u64 = 1 << 1;
    pub(crate) const FD_SEEK: u64 = 1 << 2;
    pub(crate) const FD_FDSTAT_SET_FLAGS: u64 = 1 << 3;
    pub(crate) const FD_SYNC: u64 = 1 << 4;
    pub(crate) const FD_TELL: u64 = 1 << 5;
    pub(crate) const FD_WRITE: u64 = 1 << 6;
    pub(crate) const FD_ADVISE: u64 = 1 << 7;
    pub(crate) const FD_ALLOCATE: u64 = 1 << 8;
    pub(crate) const PATH_CREATE_DIRECTORY: u64 = 1 << 9;
    pub(crate) const PATH_CREATE_FILE: u64 = 1 << 10;
    pub(crate) const PATH_LINK_SOURCE: u64 = 1 << 11;
    pub(crate) const PATH_LINK_TARGET: u64 = 1 << 12;
    pub(crate) const PATH_OPEN: u64 = 1 << 13;
    pub(crate) const FD_READDIR: u64 = 1 << 14;
    pub(crate) const PATH_READLINK: u64 = 1 << 15;
    pub(crate) const PATH_RENAME_SOURCE: u64 = 1 << 16;
    pub(crate) const PATH_RENAME_TARGET: u64 = 1 << 17;
    pub(crate) const PATH_FILESTAT_GET: u64 = 1 << 18;
    pub(crate) const PATH_FILESTAT_SET_SIZE: u64 = 1 << 19;
    pub(crate) const PATH_FILESTAT_SET_TIMES: u64 = 1 << 20;
    pub(crate) const FD_FILESTAT_GET: u64 = 1 << 21;
    pub(crate) const FD_FILESTAT_SET_SIZE: u64 = 1 << 22;
    pub(crate) const FD_FILESTAT_SET_TIMES: u64 = 1 << 23;
    pub(crate) const PATH_SYMLINK: u64 = 1 << 24;
    pub(crate) const PATH_REMOVE_DIRECTORY: u64 = 1 << 25;
    pub(crate) const PATH_UNLINK_FILE: u64 = 1 << 26;
    pub(crate) const POLL_FD_READWRITE: u64 = 1 << 27;

    /// All rights that there are, those of sockets among them.
    pub(crate) const ALL: u64 = (1 << 30) - 1;

    /// Those that mean something for a stream of bytes without a position.
    pub(crate) const STREAM: u64 = FD_READ | FD_WRITE | FD_FDSTAT_SET_FLAGS | FD_FILESTAT_GET | POLL_FD_READWRITE;

    /// Those that mean something for a regular file.
    pub(crate) const FILE: u64 = STREAM
        | FD_DATASYNC
        | FD_SEEK
        | FD_SYNC
        | FD_TELL
        | FD_ADVISE
        | FD_ALLOCATE
        | FD_FILESTAT_SET_SIZE
        | FD_FILESTAT_SET_TIMES;

    /// Those that mean something for a directory.
    pub(crate) const DIRECTORY: u64 = FD_DATASYNC
        | FD_FDSTAT_SET_FLAGS
        | FD_SYNC
        | PATH_CREATE_DIRECTORY
        | PATH_CREATE_FILE
        | PATH_LINK_SOURCE
        | PATH_LINK_TARGET
        | PATH_OPEN
        | FD_READDIR
        | PATH_READLINK
        | PATH_RENAME_SOURCE
        | PATH_RENAME_TARGET
        | PATH_FILESTAT_GET
        | PATH_FILESTAT_SET_SIZE
        | PATH_FILESTAT_SET_TIMES
        | FD_FILESTAT_GET
        | FD_FILESTAT_SET_TIMES
        | PATH_SYMLINK
        | PATH_REMOVE_DIRECTORY
        | PATH_UNLINK_FILE;
}

/// `filetype`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum FileType {
    /// Another type than the others, such as a pipe or a socket.
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SymbolicLink = 7,
}

impl From<cap_std::fs::FileType> for FileType {
    fn from(ty: cap_std::fs::FileType) -> FileType {
        use cap_fs_ext::FileTypeExt as _;
        match ty {
            _ if ty.is_dir() => FileType::Directory,
            _ if ty.is_file() => FileType::RegularFile,
            _ if ty.is_symlink() => FileType::SymbolicLink,
            _ if ty.is_char_device() => FileType::CharacterDevice,
            _ if ty.is_block_device() => FileType::BlockDevice,
            _ => FileType::Unknown,
        }
    }
}

/// `fdflags`: how a descriptor writes and waits.
pub(super) mod fdflags {
    pub(crate) const APPEND: u32 = 1 << 0;
    pub(crate) const DSYNC: u32 = 1 << 1;
    pub(crate) const NONBLOCK: u32 = 1 << 2;
    pub(crate) const RSYNC: u32 = 1 << 3;
    pub(crate) const SYNC: u32 = 1 << 4;
    pub(crate) const ALL: u32 = (1 << 5) - 1;
}

/// `oflags` of `path_open`.
pub(super) mod oflags {
    pub(crate) const CREAT: u32 = 1 << 0;
    pub(crate) const DIRECTORY: u32 = 1 << 1;
    pub(crate) const EXCL: u32 = 1 << 2;
    pub(crate) const TRUNC: u32 = 1 << 3;
    pub(crate) const ALL: u32 = (1 << 4) - 1;
}

/// `fstflags`: which times to set, and to what.
pub(super) mod fstflags {
    pub(crate) const ATIM: u32 = 1 << 0;
    pub(crate) const ATIM_NOW: u32 = 1 << 1;
    pub(crate) const MTIM: u32 = 1 << 2;
    pub(crate) const MTIM_NOW: u32 = 1 << 3;
    pub(crate) const ALL: u32 = (1 << 4) - 1;
}

/// `lookupflags`: whether a symbolic link at the end of a path is followed.
pub(super) const SYMLINK_FOLLOW: u32 = 1;

/// Flags as a module passes them, of which none may be unknown.
pub(super) fn flags(given: u32, all: u32) -> Answer<u32> {
    if given & !all == 0 { Ok(given) } else { Err(Errno::Inval) }
}

/// A `fdstat`, of 24 bytes.
pub(super) fn fdstat(filetype: FileType, flags: u32, base: u64, inheriting: u64) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[0] = filetype as u8;
    bytes[2..4].copy_from_slice(&(flags as u16).to_le_bytes());
    bytes[8..16].copy_from_slice(&base.to_le_bytes());
    bytes[16..24].copy_from_slice(&inheriting.to_le_bytes());
    bytes
}

/// What a `filestat` says.
#[derive(Clone, Copy, Debug)]
pub(super) struct FileStat {
    pub(super) dev: u64,
    pub(super) ino: u64,
    pub(super) filetype: FileType,
    pub(super) nlink: u64,
    /// Bytes.
    pub(super) size: u64,
    /// Last access, modification and change of status, in nanoseconds since 1970.
    pub(super) times: [u64; 3],
}

impl FileStat {
    /// Its 64 bytes.
    pub(super) fn bytes(&self) -> [u8; 64] {
        let [atim, mtim, ctim] = self.times;
        let words = [self.dev, self.ino, self.filetype as u64, self.nlink, self.size, atim, mtim, ctim];
        let mut bytes = [0; 64];
        for (field, word) in bytes.chunks_exact_mut(8).zip(words) {
            field.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// Bytes of a `dirent`; the name follows it.
pub(super) const DIRENT: usize = 24;

/// A `dirent`: the cookie of the next entry, and what is there.
pub(super) fn dirent(next: u64, ino: u64, name: &str, filetype: FileType) -> [u8; DIRENT] {
    let mut bytes = [0; DIRENT];
    bytes[0..8].copy_from_slice(&next.to_le_bytes());
    bytes[8..16].copy_from_slice(&ino.to_le_bytes());
    bytes[16..20].copy_from_slice(&(name.len() as u32).to_le_bytes());
    bytes[20] = filetype as u8;
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the interface's own list, at its ends and in between.
    #[test]
    fn numbers_are_those_of_the_interface() {
        let named = [(Errno::TooBig, 1), (Errno::Badf, 8), (Errno::Noent, 44), (Errno::Notcapable, 76)];
        assert!(named.iter().all(|(errno, number)| *errno as u16 == *number));
        assert_eq!(rights::POLL_FD_READWRITE, 1 << 27);
        assert_eq!(rights::ALL & !(rights::FILE | rights::DIRECTORY), 0b11 << 28, "sockets alone are left");
    }

    #[test]
    fn errors_of_the_system_keep_their_meaning() {
        let error = |kind| Errno::from(io::Error::from(kind));
        assert_eq!(error(io::ErrorKind::NotFound), Errno::Noent);
        assert_eq!(error(io::ErrorKind::PermissionDenied), Errno::Perm);
        assert_eq!(error(io::ErrorKind::Other), Errno::Io);
        #[cfg(unix)]
        for (unix, ours) in [
            (rustix::io::Errno::LOOP, Errno::Loop),
            (rustix::io::Errno::ACCESS, Errno::Acces),
            (rustix::io::Errno::PERM, Errno::Perm),
            (rustix::io::Errno::CHILD, Errno::Io),
        ] {
            assert_eq!(Errno::from(io::Error::from(unix)), ours);
        }
    }
}
