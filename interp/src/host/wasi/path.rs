//! The functions `path_*`. No path leads out of the folder that it begins in: neither `..`, nor an absolute path, nor a
//! symbolic link. `cap-std` resolves them.
#![expect(clippy::too_many_arguments, reason = "functions have the parameters of the interface")]

use std::io;

use cap_fs_ext::{DirExt as _, FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, File, OpenOptions};

use super::Wasi;
use super::descriptor::{Descriptor, Node, Stream};
use super::memory::Memory;
use super::types::{Answer, Errno, SYMLINK_FOLLOW, fdflags, flags, oflags, rights};
use super::world::Times;

/// Whether a symbolic link at the end of a path is followed.
fn follows(lookupflags: u32) -> Answer<bool> {
    Ok(flags(lookupflags, SYMLINK_FOLLOW)? == SYMLINK_FOLLOW)
}

/// Rights with which something is opened for writing.
const WRITING: u64 = rights::FD_WRITE | rights::FD_ALLOCATE | rights::FD_FILESTAT_SET_SIZE;

impl Wasi {
    pub(super) fn path_create_directory(&mut self, memory: &mut Memory, fd: u32, path: u32, len: u32) -> Answer {
        let dir = self.descriptors.directory(fd, rights::PATH_CREATE_DIRECTORY)?;
        Ok(dir.create_dir(memory.path(path, len)?)?)
    }

    pub(super) fn path_filestat_get(
        &mut self,
        memory: &mut Memory,
        fd: u32,
        lookup: u32,
        path: u32,
        len: u32,
        stat: u32,
    ) -> Answer {
        let dir = self.descriptors.directory(fd, rights::PATH_FILESTAT_GET)?;
        let path = memory.path(path, len)?;
        let meta = if follows(lookup)? { dir.metadata(path)? } else { dir.symlink_metadata(path)? };
        memory.put(stat, &self.world.filestat(&meta).bytes())
    }

    pub(super) fn path_filestat_set_times(
        &mut self,
        memory: &mut Memory,
        fd: u32,
        lookup: u32,
        path: u32,
        len: u32,
        atim: u64,
        mtim: u64,
        fst_flags: u32,
    ) -> Answer {
        let dir = self.descriptors.directory(fd, rights::PATH_FILESTAT_SET_TIMES)?;
        let path = memory.path(path, len)?;
        let follows = follows(lookup)?;
        let times = Times::new(&mut self.world, atim, mtim, fst_flags)?;
        let set = if follows { Dir::set_times } else { Dir::set_symlink_times };
        Ok(set(dir, path, times.accessed(), times.modified())?)
    }

    pub(super) fn path_link(
        &mut self,
        memory: &mut Memory,
        old_fd: u32,
        old_lookup: u32,
        old_path: u32,
        old_len: u32,
        new_fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Answer {
        let old_dir = self.descriptors.directory(old_fd, rights::PATH_LINK_SOURCE)?;
        let new_dir = self.descriptors.directory(new_fd, rights::PATH_LINK_TARGET)?;
        let (old_path, new_path) = (memory.path(old_path, old_len)?, memory.path(new_path, new_len)?);
        let old_path = if follows(old_lookup)? { old_dir.canonicalize(old_path)? } else { old_path.into() };
        Ok(old_dir.hard_link(old_path, new_dir, new_path)?)
    }

    pub(super) fn path_open(
        &mut self,
        memory: &mut Memory,
        fd: u32,
        lookup: u32,
        path: u32,
        len: u32,
        oflags: u32,
        base: u64,
        inheriting: u64,
        fdflags: u32,
        opened: u32,
    ) -> Answer {
        let path = memory.path(path, len)?;
        let follows = follows(lookup)?;
        let (oflags, fdflags) = (flags(oflags, oflags::ALL)?, flags(fdflags, fdflags::ALL)?);
        memory.range(opened, 4)?;
        self.descriptors.free()?;
        let dir = self.descriptors.directory(fd, rights::PATH_OPEN)?;
        let folder = self.descriptors.get(fd)?;
        if oflags & oflags::CREAT != 0 {
            folder.needs(rights::PATH_CREATE_FILE)?;
        }
        if oflags & oflags::TRUNC != 0 {
            folder.needs(rights::PATH_FILESTAT_SET_SIZE)?;
        }
        // Bits that are no rights ask for nothing.
        let (base, inheriting) = (base & rights::ALL, inheriting & rights::ALL);
        let synchronised = match fdflags {
            _ if fdflags & (fdflags::SYNC | fdflags::RSYNC) != 0 => rights::FD_SYNC,
            _ if fdflags & fdflags::DSYNC != 0 => rights::FD_DATASYNC,
            _ => 0,
        };
        if (base | inheriting | synchronised) & !folder.inheriting != 0 {
            return Err(Errno::Notcapable);
        }
        let (node, meaningful) = if oflags & oflags::DIRECTORY != 0 {
            if oflags != oflags::DIRECTORY {
                return Err(Errno::Inval);
            }
            let dir = if follows { dir.open_dir(path)? } else { dir.open_dir_nofollow(path)? };
            (Node::Directory(dir, Vec::new()), rights::DIRECTORY)
        } else {
            node(open(dir, &path, follows, oflags, base, fdflags)?)?
        };
        let base = base & meaningful;
        let fd = self.descriptors.insert(Descriptor { node, flags: fdflags, base, inheriting, preopened: None })?;
        memory.put(opened, &fd.to_le_bytes())
    }

    pub(super) fn path_readlink(
        &mut self,
        memory: &mut Memory,
        fd: u32,
        path: u32,
        len: u32,
        buf: u32,
        buf_len: u32,
        used: u32,
    ) -> Answer {
        let dir = self.descriptors.directory(fd, rights::PATH_READLINK)?;
        let path = memory.path(path, len)?;
        memory.range(used, 4)?;
        let buffer = memory.bytes_mut(buf, buf_len)?;
        let link = dir.read_link(path)?.into_os_string().into_string().map_err(|_| Errno::Ilseq)?;
        let n = link.len().min(buffer.len());
        buffer[..n].copy_from_slice(&link.as_bytes()[..n]);
        memory.put(used, &(n as u32).to_le_bytes())
    }

    pub(super) fn path_remove_directory(&mut self, memory: &mut Memory, fd: u32, path: u32, len: u32) -> Answer {
        let dir = self.descriptors.directory(fd, rights::PATH_REMOVE_DIRECTORY)?;
        Ok(dir.remove_dir(memory.path(path, len)?)?)
    }

    pub(super) fn path_rename(
        &mut self,
        memory: &mut Memory,
        fd: u32,
        old_path: u32,
        old_len: u32,
        new_fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Answer {
        let old_dir = self.descriptors.directory(fd, rights::PATH_RENAME_SOURCE)?;
        let new_dir = self.descriptors.directory(new_fd, rights::PATH_RENAME_TARGET)?;
        Ok(old_dir.rename(memory.path(old_path, old_len)?, new_dir, memory.path(new_path, new_len)?)?)
    }

    pub(super) fn path_symlink(
        &mut self,
        memory: &mut Memory,
        old_path: u32,
        old_len: u32,
        fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Answer {
        let dir = self.descriptors.directory(fd, rights::PATH_SYMLINK)?;
        Ok(dir.symlink(memory.path(old_path, old_len)?, memory.path(new_path, new_len)?)?)
    }

    pub(super) fn path_unlink_file(&mut self, memory: &mut Memory, fd: u32, path: u32, len: u32) -> Answer {
        let dir = self.descriptors.directory(fd, rights::PATH_UNLINK_FILE)?;
        Ok(dir.remove_file_or_symlink(memory.path(path, len)?)?)
    }
}

/// Opens what isn't asked to be a directory, with the modes that the rights stand for.
fn open(dir: &Dir, path: &str, follows: bool, oflags: u32, base: u64, fdflags: u32) -> io::Result<File> {
    let has = |flag| oflags & flag != 0;
    let writes = base & WRITING != 0 || has(oflags::TRUNC);
    let mut options = OpenOptions::new();
    options
        .read(base & (rights::FD_READ | rights::FD_READDIR) != 0 || !writes)
        .write(writes)
        .truncate(has(oflags::TRUNC))
        .follow(if follows { FollowSymlinks::Yes } else { FollowSymlinks::No })
        .maybe_dir(true)
        .sync(fdflags & fdflags::SYNC != 0)
        .dsync(fdflags & fdflags::DSYNC != 0)
        .rsync(fdflags & fdflags::RSYNC != 0)
        .nonblock(fdflags & fdflags::NONBLOCK != 0);
    if !has(oflags::CREAT) {
        return dir.open_with(path, &options);
    }
    // Systems create without writing, Rust's options don't: a file that is there is opened as asked.
    if !writes && !has(oflags::EXCL) {
        match dir.open_with(path, &options) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            opened => return opened,
        }
    }
    options.write(true).create(true).create_new(has(oflags::EXCL));
    dir.open_with(path, &options)
}

/// What was opened, and the rights that mean something for it.
fn node(file: File) -> Answer<(Node, u64)> {
    let meta = file.metadata()?;
    let file = file.into_std();
    Ok(if meta.is_dir() {
        (Node::Directory(Dir::from_std_file(file), Vec::new()), rights::DIRECTORY)
    } else if meta.is_file() {
        (Node::File(file, 0), rights::FILE)
    } else {
        (Node::Stream(Stream::Device(file), meta.file_type().into()), rights::STREAM)
    })
}
