//! The functions `fd_*`, and those of sockets.
#![expect(clippy::too_many_arguments, reason = "functions have the parameters of the interface")]

use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::ops::Range;

use cap_fs_ext::DirExt as _;
use cap_std::fs::{Dir, Metadata};

use super::Wasi;
use super::descriptor::{Entry, Node, Stream};
use super::memory::Memory;
use super::types::{Answer, DIRENT, Errno, FileStat, FileType, dirent, fdflags, fdstat, flags, rights};
use super::world::{Times, World};

/// Reads or writes buffer by buffer until all are done, nothing more can be, or an error comes: the bytes done. An
/// error behind bytes that were done isn't told; the next call meets it again.
fn transfer(buffers: Vec<Range<usize>>, mut one: impl FnMut(Range<usize>) -> io::Result<usize>) -> Answer<u32> {
    let mut done = 0;
    for mut buffer in buffers {
        while !buffer.is_empty() {
            match one(buffer.clone()) {
                Ok(0) => return Ok(done),
                Ok(n) => (done, buffer.start) = (done + n as u32, buffer.start + n),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) if done > 0 => return Ok(done),
                Err(error) => return Err(error.into()),
            }
        }
    }
    Ok(done)
}

impl Wasi {
    pub(super) fn fd_advise(&mut self, _: &mut Memory, fd: u32, offset: u64, len: u64, advice: u32) -> Answer {
        self.descriptors.file(fd, rights::FD_ADVISE)?;
        // None of the six pieces of advice changes what a program sees, and none is passed on.
        if advice > 5 || offset.checked_add(len).is_none() { Err(Errno::Inval) } else { Ok(()) }
    }

    pub(super) fn fd_allocate(&mut self, _: &mut Memory, fd: u32, offset: u64, len: u64) -> Answer {
        let (file, _) = self.descriptors.file(fd, rights::FD_ALLOCATE)?;
        #[cfg(target_os = "linux")]
        return rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), offset, len)
            .map_err(|error| io::Error::from(error).into());
        // Elsewhere nothing but writing makes a system set space aside.
        #[cfg(not(target_os = "linux"))]
        {
            let _ = (file, offset, len);
            Err(Errno::Notsup)
        }
    }

    pub(super) fn fd_close(&mut self, _: &mut Memory, fd: u32) -> Answer {
        self.descriptors.remove(fd).map(|_| ())
    }

    pub(super) fn fd_datasync(&mut self, _: &mut Memory, fd: u32) -> Answer {
        self.sync(fd, rights::FD_DATASYNC, std::fs::File::sync_data)
    }

    pub(super) fn fd_sync(&mut self, _: &mut Memory, fd: u32) -> Answer {
        self.sync(fd, rights::FD_SYNC, std::fs::File::sync_all)
    }

    fn sync(&mut self, fd: u32, rights: u64, sync: fn(&std::fs::File) -> io::Result<()>) -> Answer {
        let descriptor = self.descriptors.with(fd, rights)?;
        match &descriptor.node {
            // A directory is open for looking up paths only.
            Node::Directory(dir, _) => sync(&dir.open(".")?.into_std())?,
            Node::File(file, _) => sync(file)?,
            Node::Stream(..) => return Err(Errno::Inval),
        }
        Ok(())
    }

    pub(super) fn fd_fdstat_get(&mut self, memory: &mut Memory, fd: u32, stat: u32) -> Answer {
        let d = self.descriptors.get(fd)?;
        memory.put(stat, &fdstat(d.filetype(), d.flags, d.base, d.inheriting))
    }

    pub(super) fn fd_fdstat_set_flags(&mut self, _: &mut Memory, fd: u32, given: u32) -> Answer {
        let descriptor = self.descriptors.with(fd, rights::FD_FDSTAT_SET_FLAGS)?;
        let changed = flags(given, fdflags::ALL)? ^ descriptor.flags;
        // How writes are synchronised is settled when a file is opened.
        if changed & !(fdflags::APPEND | fdflags::NONBLOCK) != 0 {
            return Err(Errno::Notsup);
        }
        descriptor.flags = given;
        Ok(())
    }

    pub(super) fn fd_fdstat_set_rights(&mut self, _: &mut Memory, fd: u32, base: u64, inheriting: u64) -> Answer {
        let descriptor = self.descriptors.get_mut(fd)?;
        if base & !descriptor.base != 0 || inheriting & !descriptor.inheriting != 0 {
            return Err(Errno::Notcapable);
        }
        (descriptor.base, descriptor.inheriting) = (base, inheriting);
        Ok(())
    }

    pub(super) fn fd_filestat_get(&mut self, memory: &mut Memory, fd: u32, stat: u32) -> Answer {
        let descriptor = self.descriptors.with(fd, rights::FD_FILESTAT_GET)?;
        let filetype = descriptor.filetype();
        let found = match &descriptor.node {
            Node::Stream(Stream::Device(file), _) => self.world.filestat(&Metadata::from_file(file)?),
            Node::Stream(..) => FileStat { dev: 0, ino: 0, filetype, nlink: 0, size: 0, times: [0; 3] },
            Node::File(file, _) => self.world.filestat(&Metadata::from_file(file)?),
            Node::Directory(dir, _) => self.world.filestat(&dir.dir_metadata()?),
        };
        memory.put(stat, &found.bytes())
    }

    pub(super) fn fd_filestat_set_size(&mut self, _: &mut Memory, fd: u32, size: u64) -> Answer {
        let descriptor = self.descriptors.with(fd, rights::FD_FILESTAT_SET_SIZE)?;
        let Node::File(file, _) = &descriptor.node else { return Err(Errno::Inval) };
        Ok(file.set_len(size)?)
    }

    pub(super) fn fd_filestat_set_times(
        &mut self,
        _: &mut Memory,
        fd: u32,
        atim: u64,
        mtim: u64,
        fst_flags: u32,
    ) -> Answer {
        let descriptor = self.descriptors.with(fd, rights::FD_FILESTAT_SET_TIMES)?;
        let times = Times::new(&mut self.world, atim, mtim, fst_flags)?;
        match &descriptor.node {
            Node::File(file, _) => file.set_times(times.of_file())?,
            Node::Directory(dir, _) => dir.set_times(".", times.accessed(), times.modified())?,
            Node::Stream(..) => return Err(Errno::Inval),
        }
        Ok(())
    }

    pub(super) fn fd_read(&mut self, memory: &mut Memory, fd: u32, iovs: u32, count: u32, nread: u32) -> Answer {
        let descriptor = self.descriptors.with(fd, rights::FD_READ)?;
        let buffers = memory.buffers(iovs, count)?;
        memory.range(nread, 4)?;
        let n = match &mut descriptor.node {
            // What comes after the first bytes may not be there yet: one buffer is as much as is asked for.
            Node::Stream(stream, _) => match buffers.into_iter().find(|buffer| !buffer.is_empty()) {
                Some(buffer) => stream.read(&mut memory.0[buffer])? as u32,
                None => 0,
            },
            Node::File(file, at) => {
                let n = read_at(file, *at, memory, buffers)?;
                *at += u64::from(n);
                n
            }
            Node::Directory(..) => return Err(Errno::Isdir),
        };
        memory.put(nread, &n.to_le_bytes())
    }

    pub(super) fn fd_pread(
        &mut self,
        memory: &mut Memory,
        fd: u32,
        iovs: u32,
        count: u32,
        offset: u64,
        nread: u32,
    ) -> Answer {
        let (file, _) = self.descriptors.file(fd, rights::FD_READ | rights::FD_SEEK)?;
        let buffers = memory.buffers(iovs, count)?;
        memory.range(nread, 4)?;
        let n = read_at(file, offset, memory, buffers)?;
        memory.put(nread, &n.to_le_bytes())
    }

    pub(super) fn fd_write(&mut self, memory: &mut Memory, fd: u32, iovs: u32, count: u32, nwritten: u32) -> Answer {
        let descriptor = self.descriptors.with(fd, rights::FD_WRITE)?;
        let buffers = memory.buffers(iovs, count)?;
        memory.range(nwritten, 4)?;
        let n = match &mut descriptor.node {
            Node::Stream(stream, _) => transfer(buffers, |buffer| stream.write(&memory.0[buffer]))?,
            Node::File(file, at) => {
                if descriptor.flags & fdflags::APPEND != 0 {
                    *at = file.seek(SeekFrom::End(0))?;
                }
                let n = write_at(file, *at, memory, buffers)?;
                *at += u64::from(n);
                n
            }
            Node::Directory(..) => return Err(Errno::Isdir),
        };
        memory.put(nwritten, &n.to_le_bytes())
    }

    pub(super) fn fd_pwrite(
        &mut self,
        memory: &mut Memory,
        fd: u32,
        iovs: u32,
        count: u32,
        offset: u64,
        nwritten: u32,
    ) -> Answer {
        let (file, _) = self.descriptors.file(fd, rights::FD_WRITE | rights::FD_SEEK)?;
        let buffers = memory.buffers(iovs, count)?;
        memory.range(nwritten, 4)?;
        let n = write_at(file, offset, memory, buffers)?;
        memory.put(nwritten, &n.to_le_bytes())
    }

    pub(super) fn fd_prestat_get(&mut self, memory: &mut Memory, fd: u32, stat: u32) -> Answer {
        let name = self.descriptors.get(fd)?.preopened.as_ref().ok_or(Errno::Badf)?;
        let len = u32::try_from(name.len()).map_err(|_| Errno::Overflow)?;
        // A directory is the only kind of what is open from the beginning.
        memory.put(stat, &[[0; 4], len.to_le_bytes()].concat())
    }

    pub(super) fn fd_prestat_dir_name(&mut self, memory: &mut Memory, fd: u32, path: u32, len: u32) -> Answer {
        let name = self.descriptors.get(fd)?.preopened.as_ref().ok_or(Errno::Badf)?;
        if (len as usize) < name.len() {
            return Err(Errno::Nametoolong);
        }
        memory.put(path, name.as_bytes())
    }

    pub(super) fn fd_readdir(
        &mut self,
        memory: &mut Memory,
        fd: u32,
        buf: u32,
        len: u32,
        cookie: u64,
        used: u32,
    ) -> Answer {
        let descriptor = self.descriptors.with(fd, rights::FD_READDIR)?;
        let Node::Directory(dir, entries) = &mut descriptor.node else { return Err(Errno::Notdir) };
        memory.range(used, 4)?;
        let range = memory.range(buf, len)?;
        // Cookies are places in what the directory held at the last beginning: entries that come and go meanwhile move
        // none of them.
        if cookie == 0 || entries.is_empty() {
            *entries = read(dir, &mut self.world)?;
        }
        let mut left = &mut memory.0[range];
        for (i, entry) in (0u64..).zip(entries.iter()).skip(usize::try_from(cookie).unwrap_or(usize::MAX)) {
            let head: [u8; DIRENT] = dirent(i + 1, entry.ino, &entry.name, entry.filetype);
            for bytes in [&head[..], entry.name.as_bytes()] {
                let n = bytes.len().min(left.len());
                left[..n].copy_from_slice(&bytes[..n]);
                left = &mut left[n..];
            }
            if left.is_empty() {
                break;
            }
        }
        let filled = len - left.len() as u32;
        memory.put(used, &filled.to_le_bytes())
    }

    pub(super) fn fd_renumber(&mut self, _: &mut Memory, from: u32, to: u32) -> Answer {
        self.descriptors.renumber(from, to)
    }

    pub(super) fn fd_seek(&mut self, memory: &mut Memory, fd: u32, delta: i64, whence: u32, new: u32) -> Answer {
        // To stay is to tell.
        let needed = if whence == 1 && delta == 0 { 0 } else { rights::FD_SEEK };
        self.tells(fd)?;
        let (file, at) = self.descriptors.file(fd, needed)?;
        let base = match whence {
            0 => 0,
            1 => *at,
            2 => file.metadata()?.len(),
            _ => return Err(Errno::Inval),
        };
        let there = base.checked_add_signed(delta).filter(|at| i64::try_from(*at).is_ok()).ok_or(Errno::Inval)?;
        memory.put(new, &there.to_le_bytes())?;
        *at = there;
        Ok(())
    }

    pub(super) fn fd_tell(&mut self, memory: &mut Memory, fd: u32, offset: u32) -> Answer {
        self.tells(fd)?;
        let (_, at) = self.descriptors.file(fd, 0)?;
        memory.put(offset, &at.to_le_bytes())
    }

    /// Whether the position may be told: that of a file by either right, that of a stream by none.
    fn tells(&self, fd: u32) -> Answer {
        let descriptor = self.descriptors.get(fd)?;
        match descriptor.node {
            Node::Stream(..) => Err(Errno::Spipe),
            _ => descriptor.needs(rights::FD_TELL).or_else(|_| descriptor.needs(rights::FD_SEEK)),
        }
    }

    /// There are no sockets, so whatever is open is none.
    fn no_socket(&self, fd: u32) -> Answer {
        self.descriptors.get(fd).and(Err(Errno::Notsock))
    }

    pub(super) fn sock_accept(&mut self, _: &mut Memory, fd: u32, _flags: u32, _new: u32) -> Answer {
        self.no_socket(fd)
    }

    pub(super) fn sock_recv(
        &mut self,
        _: &mut Memory,
        fd: u32,
        _data: u32,
        _count: u32,
        _flags: u32,
        _read: u32,
        _out_flags: u32,
    ) -> Answer {
        self.no_socket(fd)
    }

    pub(super) fn sock_send(
        &mut self,
        _: &mut Memory,
        fd: u32,
        _data: u32,
        _count: u32,
        _flags: u32,
        _sent: u32,
    ) -> Answer {
        self.no_socket(fd)
    }

    pub(super) fn sock_shutdown(&mut self, _: &mut Memory, fd: u32, _how: u32) -> Answer {
        self.no_socket(fd)
    }
}

/// Reads from a position on, without the file's own.
fn read_at(mut file: &std::fs::File, at: u64, memory: &mut Memory, buffers: Vec<Range<usize>>) -> Answer<u32> {
    file.seek(SeekFrom::Start(at))?;
    transfer(buffers, |buffer| file.read(&mut memory.0[buffer]))
}

/// Writes from a position on, without the file's own.
fn write_at(mut file: &std::fs::File, at: u64, memory: &Memory, buffers: Vec<Range<usize>>) -> Answer<u32> {
    file.seek(SeekFrom::Start(at))?;
    transfer(buffers, |buffer| file.write(&memory.0[buffer]))
}

/// What a directory holds: itself and its parent, then its entries by name, since the system's order differs from
/// machine to machine.
fn read(dir: &Dir, world: &mut World) -> Answer<Vec<Entry>> {
    let own = world.filestat(&dir.dir_metadata()?).ino;
    let mut found = Vec::new();
    for entry in dir.entries()? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|_| Errno::Ilseq)?;
        match entry.metadata() {
            Ok(meta) => found.push((name, meta)),
            // It has gone meanwhile.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error.into()),
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    // What is above is nobody's business: the parent has the directory's own number.
    let itself = |name: &str| Entry { name: name.into(), ino: own, filetype: FileType::Directory };
    let mut entries = vec![itself("."), itself("..")];
    for (name, meta) in found {
        let stat = world.filestat(&meta);
        entries.push(Entry { name, ino: stat.ino, filetype: stat.filetype });
    }
    Ok(entries)
}
