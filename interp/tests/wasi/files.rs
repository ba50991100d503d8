//! Streams and files.

use super::*;

#[test]
fn streams() {
    let mut p = Program::reading(&b"line\nanother"[..]);
    assert_eq!(p.write(1, b"out\n"), Ok(4));
    assert_eq!(p.write(2, b"err"), Ok(3));
    assert_eq!((&p.output.0.borrow()[..], &p.error.0.borrow()[..]), (&b"out\n"[..], &b"err"[..]));
    // One buffer is filled, the second is left for the next call.
    let [list, count] = p.list(&[(BYTES, 0), (BYTES, 3), (BYTES + 10, 100)]);
    p.ok("fd_read", &[0, list, count, OUT]);
    assert_eq!((p.u32(OUT), p.bytes(BYTES, 3), p.bytes(BYTES + 10, 2)), (3, b"lin".to_vec(), vec![0, 0]));
    assert_eq!(p.read(0, 100), Ok(b"e\nanother".to_vec()));
    assert_eq!(p.read(0, 100), Ok(vec![]));
    // Each has its direction, and none a position.
    assert_eq!((p.write(0, b"x"), p.read(1, 1), p.read(2, 1)), (Err(76), Err(76), Err(76)));
    for fd in [0, 1, 2] {
        assert_eq!(p.call("fd_seek", &[fd, 0, 1, OUT]), errno::SPIPE);
        assert_eq!(p.call("fd_tell", &[fd, OUT]), errno::SPIPE);
        assert_eq!(p.call("fd_pread", &[fd, list, 1, 0, OUT]), errno::SPIPE);
        assert_eq!(p.call("fd_pwrite", &[fd, list, 1, 0, OUT]), errno::SPIPE);
        assert_eq!(p.call("fd_advise", &[fd, 0, 0, 0]), errno::SPIPE);
        assert_eq!(p.call("fd_allocate", &[fd, 0, 1]), errno::SPIPE);
        p.ok("fd_fdstat_get", &[fd, OUT]);
        assert_eq!(p.bytes(OUT, 1), [0], "no terminal");
        p.ok("fd_filestat_get", &[fd, OUT]);
        assert_eq!(p.bytes(OUT, 64), [0; 64]);
    }
}

#[test]
fn a_terminal_is_a_character_device_without_a_position() {
    let mut p = Program::of(Streams { terminals: [true, false, true], ..Streams::inherited() }, |_| {});
    for (fd, filetype) in [(0, 2), (1, 0), (2, 2)] {
        p.ok("fd_fdstat_get", &[fd, OUT]);
        assert_eq!(p.bytes(OUT, 1), [filetype]);
        assert_eq!(p.u64(OUT + 8) & (1 << 2 | 1 << 5), 0, "neither to seek nor to tell");
    }
}

/// A folder can hold what is no file.
#[cfg(target_os = "linux")]
#[test]
fn devices() {
    let mut p = Program::of(Streams::inherited(), |host| host.dir(std::path::Path::new("/dev"), "/dev").unwrap());
    let open = |p: &mut Program, name| p.try_open_in(4, 0, name, 0, ALL_RIGHTS, 0).unwrap();
    let (zero, null, full) = (open(&mut p, "zero"), open(&mut p, "null"), open(&mut p, "full"));
    assert_eq!(p.read(zero, 3), Ok(vec![0; 3]));
    assert_eq!((p.read(null, 3), p.write(null, b"abc")), (Ok(vec![]), Ok(3)));
    assert_eq!(p.write(full, b"abc"), Err(51), "no space left");
    assert_eq!(p.call("fd_seek", &[zero, 0, 0, OUT]), errno::SPIPE);
    p.ok("fd_fdstat_get", &[zero, OUT]);
    assert_eq!(p.bytes(OUT, 1), [2]);
    p.ok("fd_filestat_get", &[zero, OUT]);
    assert!(p.bytes(OUT + 16, 1) == [2] && p.u64(OUT + 24) == 1);
}

/// A stream that fails after some bytes.
struct Narrow(usize);

impl Write for Narrow {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let n = bytes.len().min(self.0).min(2);
        self.0 -= n;
        if n == 0 { Err(io::ErrorKind::BrokenPipe.into()) } else { Ok(n) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_reader_that_goes_away() {
    let mut p = Program::of(Streams { output: Box::new(Narrow(5)), ..Streams::inherited() }, |_| {});
    assert_eq!(p.write(1, b"1234"), Ok(4), "piece by piece");
    assert_eq!(p.write(1, b"56"), Ok(1), "what was written is told first");
    assert_eq!(p.write(1, b"6"), Err(64));
}

#[test]
fn reading_and_writing() {
    let mut p = Program::new();
    let fd = p.open("f", CREAT);
    assert_eq!(fd, 4, "the lowest that is free");
    p.put(BYTES, b"abcdef");
    let [list, count] = p.list(&[(BYTES, 2), (BYTES + 4, 2), (BYTES, 0), (BYTES + 2, 2)]);
    p.ok("fd_write", &[fd, list, count, OUT]);
    assert_eq!((p.u32(OUT), p.content("f")), (6, "abefcd".into()));
    p.ok("fd_seek", &[fd, 1, 0, OUT]);
    p.put(BYTES, &[0; 16]);
    let [list, count] = p.list(&[(BYTES, 2), (BYTES + 8, 8)]);
    p.ok("fd_read", &[fd, list, count, OUT]);
    assert_eq!((p.u32(OUT), p.bytes(BYTES, 13)), (5, b"be\0\0\0\0\0\0fcd\0\0".to_vec()));
    assert_eq!(p.read(fd, 5), Ok(vec![]), "the end of the file");
    p.ok("fd_close", &[fd]);
    assert_eq!(p.call("fd_close", &[fd]), errno::BADF);
    assert_eq!(p.read(fd, 5), Err(errno::BADF));
    assert_eq!(p.write(fd, b""), Err(errno::BADF));
}

#[test]
fn buffers_that_are_none() {
    let mut p = Program::new();
    p.file("f", "content");
    let fd = p.open("f", 0);
    for (name, rest) in
        [("fd_read", &[OUT][..]), ("fd_write", &[OUT]), ("fd_pread", &[0, OUT]), ("fd_pwrite", &[0, OUT])]
    {
        let mut call = |list, count| p.call(name, &[&[fd, list, count], rest].concat());
        assert_eq!(call(LIST, 1025), errno::INVAL, "{name}");
        assert_eq!(call(OUTSIDE - 7, 1), errno::FAULT, "{name}");
        p.list(&[(BYTES, 1), (OUTSIDE - 1, 2)]);
        assert_eq!(p.call(name, &[&[fd, LIST, 2], rest].concat()), errno::FAULT, "{name}");
        let rest = [&rest[..rest.len() - 1], &[OUTSIDE - 3]].concat();
        assert_eq!(p.call(name, &[&[fd, LIST, 1], &rest[..]].concat()), errno::FAULT, "{name}");
    }
    assert_eq!(p.content("f"), "content", "an error does nothing");
    p.ok("fd_tell", &[fd, OUT]);
    assert_eq!(p.u64(OUT), 0);
}

#[test]
fn positions() {
    let mut p = Program::new();
    p.file("f", "0123456789");
    let fd = p.open("f", 0);
    let mut seek = |delta: i64, whence| {
        let errno = p.call("fd_seek", &[fd, delta as u64, whence, OUT]);
        if errno == SUCCESS { Ok(p.u64(OUT)) } else { Err(errno) }
    };
    assert_eq!([seek(4, 0), seek(-1, 1), seek(-2, 2), seek(0, 1)], [Ok(4), Ok(3), Ok(8), Ok(8)]);
    assert_eq!([seek(5, 2), seek(-16, 1), seek(-1, 0), seek(0, 3)], [Ok(15), Err(28), Err(28), Err(28)]);
    assert_eq!([seek(i64::MAX, 1), seek(i64::MAX, 0)], [Err(28), Ok(i64::MAX as u64)]);
    seek(15, 0).unwrap();
    assert_eq!(p.call("fd_seek", &[fd, 0, 0, OUTSIDE - 7]), errno::FAULT);
    p.ok("fd_tell", &[fd, OUT]);
    assert_eq!(p.u64(OUT), 15);
    assert_eq!(p.call("fd_tell", &[fd, OUTSIDE - 7]), errno::FAULT);
    p.write(fd, b"x").unwrap();
    assert_eq!(p.content("f"), "0123456789\0\0\0\0\0x");
    // A directory has none.
    assert_eq!(p.call("fd_seek", &[FOLDER, 0, 1, OUT]), errno::NOTCAPABLE);
    assert_eq!(p.call("fd_tell", &[FOLDER, OUT]), errno::NOTCAPABLE);
}

#[test]
fn reading_and_writing_elsewhere() {
    let mut p = Program::new();
    p.file("f", "0123456789");
    let fd = p.open("f", 0);
    p.read(fd, 2).unwrap();
    let [list, count] = p.list(&[(BYTES, 3), (BYTES + 8, 1)]);
    p.ok("fd_pread", &[fd, list, count, 7, OUT]);
    assert_eq!((p.u32(OUT), p.bytes(BYTES, 3)), (3, b"789".to_vec()));
    p.put(BYTES, b"xyz");
    p.put(BYTES + 8, b"!");
    p.ok("fd_pwrite", &[fd, list, count, 4, OUT]);
    assert_eq!((p.u32(OUT), p.content("f")), (4, "0123xyz!89".into()));
    assert_eq!(p.read(fd, 3), Ok(b"23x".to_vec()), "the position stays");
    assert_eq!(p.call("fd_pread", &[fd, list, count, u64::MAX, OUT]), errno::INVAL);
    assert_eq!(p.call("fd_pwrite", &[fd, list, count, u64::MAX, OUT]), errno::INVAL);
}

#[test]
fn appending() {
    let mut p = Program::new();
    p.file("f", "abc");
    let fd = p.try_open("f", 0, ALL_RIGHTS, 1).unwrap();
    p.write(fd, b"de").unwrap();
    p.ok("fd_seek", &[fd, 0, 0, OUT]);
    p.write(fd, b"f").unwrap();
    assert_eq!(p.content("f"), "abcdef");
    p.ok("fd_tell", &[fd, OUT]);
    assert_eq!(p.u64(OUT), 6);
    p.ok("fd_fdstat_set_flags", &[fd, 0]);
    p.ok("fd_seek", &[fd, 0, 0, OUT]);
    p.write(fd, b"X").unwrap();
    assert_eq!(p.content("f"), "Xbcdef");
    p.ok("fd_fdstat_set_flags", &[fd, 1 | 4]);
    p.write(fd, b"g").unwrap();
    assert_eq!(p.content("f"), "Xbcdefg");
    p.ok("fd_fdstat_get", &[fd, OUT]);
    assert_eq!(p.u16(OUT + 2), 5);
    assert_eq!(p.call("fd_fdstat_set_flags", &[fd, 1 << 5]), errno::INVAL);
    assert_eq!(p.call("fd_fdstat_set_flags", &[fd, 2]), errno::NOTSUP, "settled when it was opened");
    let fd = p.try_open("f", 0, ALL_RIGHTS, 2 | 8 | 16).unwrap();
    p.write(fd, b"Y").unwrap();
    p.ok("fd_fdstat_get", &[fd, OUT]);
    assert_eq!((p.u16(OUT + 2), p.content("f")), (26, "Ybcdefg".into()));
}

#[test]
fn rights() {
    let mut p = Program::new();
    p.file("f", "abc");
    let (read, seek, tell, write, size) = (1 << 1, 1 << 2, 1 << 5, 1 << 6, 1 << 22);
    let fd = p.try_open("f", 0, read | tell, 0).unwrap();
    p.ok("fd_fdstat_get", &[fd, OUT]);
    assert_eq!((p.bytes(OUT, 1), p.u64(OUT + 8), p.u64(OUT + 16)), (vec![4], read | tell, ALL_RIGHTS));
    let [list, _] = p.list(&[(BYTES, 1)]);
    assert_eq!(p.write(fd, b"x"), Err(errno::NOTCAPABLE));
    assert_eq!(p.call("fd_pread", &[fd, list, 1, 0, OUT]), errno::NOTCAPABLE, "it takes seeking");
    assert_eq!(p.call("fd_seek", &[fd, 1, 0, OUT]), errno::NOTCAPABLE);
    p.ok("fd_seek", &[fd, 0, 1, OUT]);
    p.ok("fd_tell", &[fd, OUT]);
    assert_eq!(p.call("fd_filestat_set_size", &[fd, 0]), errno::NOTCAPABLE);
    assert_eq!(p.call("fd_sync", &[fd]), errno::NOTCAPABLE);
    assert_eq!(p.call("fd_datasync", &[fd]), errno::NOTCAPABLE);
    assert_eq!(p.call("fd_fdstat_set_flags", &[fd, 0]), errno::NOTCAPABLE);
    assert_eq!(p.call("fd_filestat_get", &[fd, OUT]), errno::NOTCAPABLE);
    assert_eq!(p.call("fd_filestat_set_times", &[fd, 0, 0, 0]), errno::NOTCAPABLE);
    assert_eq!(p.call("fd_readdir", &[fd, BYTES, 100, 0, OUT]), errno::NOTCAPABLE);
    // Rights can be given up, never taken.
    assert_eq!(p.call("fd_fdstat_set_rights", &[fd, read | write, 0]), errno::NOTCAPABLE);
    p.ok("fd_fdstat_set_rights", &[fd, tell, 0]);
    assert_eq!(p.read(fd, 1), Err(errno::NOTCAPABLE));
    assert_eq!(p.call("fd_fdstat_set_rights", &[fd, read, 0]), errno::NOTCAPABLE);
    assert_eq!(p.call("fd_fdstat_set_rights", &[99, 0, 0]), errno::BADF);
    // To seek is to tell.
    let fd = p.try_open("f", 0, read | seek, 0).unwrap();
    p.ok("fd_tell", &[fd, OUT]);
    // What is opened through a folder has no more than that passes on.
    p.ok("fd_fdstat_get", &[FOLDER, OUT]);
    let base = p.u64(OUT + 8);
    p.ok("fd_fdstat_set_rights", &[FOLDER, base, read]);
    let open = |p: &mut Program, rights, inheriting, fdflags| {
        let [at, len] = p.path_at(PATH, "f");
        p.call("path_open", &[FOLDER, 0, at, len, 0, rights, inheriting, fdflags, OUT])
    };
    assert_eq!(open(&mut p, read, 0, 0), SUCCESS);
    assert_eq!(open(&mut p, read | write, 0, 0), errno::NOTCAPABLE);
    assert_eq!(open(&mut p, read, size, 0), errno::NOTCAPABLE);
    assert_eq!(open(&mut p, read, 0, 2), errno::NOTCAPABLE, "synchronised writing is a right");
    assert_eq!(open(&mut p, read | 1 << 63, 0, 0), SUCCESS, "no right");
}

#[test]
fn sizes_and_space() {
    let mut p = Program::new();
    let fd = p.open("f", CREAT);
    p.write(fd, b"abcdef").unwrap();
    p.ok("fd_filestat_set_size", &[fd, 3]);
    assert_eq!(p.content("f"), "abc");
    p.ok("fd_filestat_set_size", &[fd, 5]);
    assert_eq!(p.content("f"), "abc\0\0");
    assert_ne!(p.call("fd_filestat_set_size", &[fd, u64::MAX]), SUCCESS);
    assert_eq!(p.call("fd_filestat_set_size", &[0, 1]), errno::NOTCAPABLE);
    if cfg!(target_os = "linux") {
        p.ok("fd_allocate", &[fd, 2, 6]);
        assert_eq!(p.content("f"), "abc\0\0\0\0\0");
        p.ok("fd_allocate", &[fd, 0, 1]);
        assert_eq!(p.content("f").len(), 8, "it never shrinks");
        assert_eq!(p.call("fd_allocate", &[fd, 0, 0]), errno::INVAL);
        assert_ne!(p.call("fd_allocate", &[fd, u64::MAX, u64::MAX]), SUCCESS);
    } else {
        assert_eq!(p.call("fd_allocate", &[fd, 2, 6]), errno::NOTSUP);
    }
    for advice in 0..6 {
        p.ok("fd_advise", &[fd, 1, 2, advice]);
    }
    assert_eq!(p.call("fd_advise", &[fd, 0, 0, 6]), errno::INVAL);
    assert_eq!(p.call("fd_advise", &[fd, u64::MAX, 1, 0]), errno::INVAL);
    assert_eq!(p.call("fd_advise", &[FOLDER, 0, 0, 0]), errno::NOTCAPABLE);
    for name in ["fd_sync", "fd_datasync"] {
        p.ok(name, &[fd]);
        p.ok(name, &[FOLDER]);
        assert_eq!(p.call(name, &[99]), errno::BADF);
    }
}

#[test]
fn attributes() {
    let mut p = Program::new();
    p.file("f", "abc");
    let fd = p.open("f", 0);
    p.ok("fd_filestat_get", &[fd, OUT]);
    let of_file = p.bytes(OUT, 64);
    assert_eq!((p.bytes(OUT + 16, 1), p.u64(OUT + 24), p.u64(OUT + 32)), (vec![4], 1, 3));
    assert!((40..64).step_by(8).all(|at| p.u64(OUT + at) > 1_000_000_000_000_000_000));
    assert!(p.u64(OUT) != 0 && p.u64(OUT + 8) != 0);
    let [at, len] = p.path_at(PATH, "f");
    p.ok("path_filestat_get", &[FOLDER, 0, at, len, OUT]);
    assert_eq!(p.bytes(OUT, 64), of_file);
    p.ok("fd_filestat_get", &[FOLDER, OUT]);
    assert_eq!(p.bytes(OUT + 16, 1), [3]);
    assert_eq!(p.call("fd_filestat_get", &[fd, OUTSIDE - 63]), errno::FAULT);
    // Nanoseconds since 1970; a time that isn't named stays.
    let times = |p: &mut Program, fd| {
        p.ok("fd_filestat_get", &[fd, OUT]);
        (p.u64(OUT + 40), p.u64(OUT + 48))
    };
    for fd in [fd, FOLDER] {
        p.ok("fd_filestat_set_times", &[fd, 1_000_000_001, 2_000_000_002, 1 | 4]);
        assert_eq!(times(&mut p, fd), (1_000_000_001, 2_000_000_002));
        p.ok("fd_filestat_set_times", &[fd, 3_000_000_003, 4, 1]);
        assert_eq!(times(&mut p, fd), (3_000_000_003, 2_000_000_002));
        p.ok("fd_filestat_set_times", &[fd, 5, 6, 8]);
        let (accessed, modified) = times(&mut p, fd);
        assert!(accessed == 3_000_000_003 && modified > 1_000_000_000_000_000_000);
        p.ok("fd_filestat_set_times", &[fd, 5, 6, 0]);
        assert_eq!(times(&mut p, fd), (accessed, modified));
        for wrong in [1 | 2, 4 | 8, 16] {
            assert_eq!(p.call("fd_filestat_set_times", &[fd, 0, 0, wrong]), errno::INVAL);
        }
    }
}

#[test]
fn attributes_that_are_the_same_in_each_run() {
    let run = || {
        let mut p = Program::deterministic(0);
        p.file("f", "abc");
        p.file("g", "abcd");
        ["g", "f", ".", "g"].map(|path| {
            let [at, len] = p.path_at(PATH, path);
            p.ok("path_filestat_get", &[FOLDER, 0, at, len, OUT]);
            p.bytes(OUT, 64)
        })
    };
    let [g, f, folder, again] = run();
    assert_eq!([&g, &f, &folder, &again], [&run()[0], &run()[1], &run()[2], &run()[3]]);
    assert!(g == again && g != f && [g[8], f[8], folder[8]] == [1, 2, 3]);
}

#[test]
fn numbers_of_descriptors() {
    let mut p = Program::new();
    p.file("f", "abc");
    p.file("g", "xyz");
    let (f, g) = (p.open("f", 0), p.open("g", 0));
    assert_eq!((f, g), (4, 5));
    p.ok("fd_renumber", &[g, f]);
    assert_eq!((p.read(f, 3), p.read(g, 3)), (Ok(b"xyz".to_vec()), Err(errno::BADF)));
    assert_eq!(p.call("fd_renumber", &[f, g]), errno::BADF, "a number that nothing is open under");
    assert_eq!(p.call("fd_renumber", &[g, f]), errno::BADF);
    assert_eq!(p.call("fd_renumber", &[u32::MAX.into(), f]), errno::BADF);
    p.ok("fd_renumber", &[f, f]);
    p.ok("fd_renumber", &[f, 1]);
    assert_eq!(p.open("f", 0), 4, "the lowest that is free");
    p.ok("fd_close", &[0]);
    assert_eq!(p.open("f", 0), 0);
}

#[test]
fn descriptors_have_an_end() {
    let mut p = Program::new();
    let mut folders = 0;
    while p.host.dir(p.folder.path(), "another").is_ok() {
        folders += 1;
    }
    assert_eq!(folders, 1020);
    assert_eq!(p.try_open("f", CREAT, ALL_RIGHTS, 0), Err(errno::MFILE));
    assert!(!p.there("f").exists(), "nothing is created for nobody");
}
