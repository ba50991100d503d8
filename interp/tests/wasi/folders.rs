//! Folders and paths.

use super::*;

#[test]
fn preopened_folders() {
    let mut p = Program::new();
    p.ok("fd_prestat_get", &[FOLDER, OUT]);
    assert_eq!(p.bytes(OUT, 8), [0, 0, 0, 0, 5, 0, 0, 0]);
    p.ok("fd_prestat_dir_name", &[FOLDER, BYTES, 5]);
    assert_eq!(p.bytes(BYTES, 6), b"/data\0");
    assert_eq!(p.call("fd_prestat_dir_name", &[FOLDER, BYTES, 4]), errno::NAMETOOLONG);
    assert_eq!(p.call("fd_prestat_dir_name", &[FOLDER, OUTSIDE - 4, 5]), errno::FAULT);
    assert_eq!(p.call("fd_prestat_get", &[FOLDER, OUTSIDE - 7]), errno::FAULT);
    let opened = p.open(".", DIRECTORY);
    for fd in [0, 1, 2, opened, 9] {
        assert_eq!(p.call("fd_prestat_get", &[fd, OUT]), errno::BADF);
        assert_eq!(p.call("fd_prestat_dir_name", &[fd, BYTES, 5]), errno::BADF);
    }
    p.ok("fd_fdstat_get", &[FOLDER, OUT]);
    assert_eq!((p.bytes(OUT, 1), p.u64(OUT + 16)), (vec![3], ALL_RIGHTS));
    assert_eq!((p.read(FOLDER, 1), p.write(FOLDER, b"x")), (Err(76), Err(76)));
}

#[test]
fn opening() {
    let mut p = Program::new();
    p.file("f", "abc");
    std::fs::create_dir(p.there("d")).unwrap();
    let (read, write) = (1 << 1, 1 << 6);
    let mut open = |path: &str, oflags| p.try_open(path, oflags, read | write, 0).map(|_| ());
    assert_eq!(open("g", 0), Err(errno::NOENT));
    assert_eq!(open("", 0), Err(errno::NOENT));
    assert_eq!(open("f", CREAT | EXCL), Err(errno::EXIST));
    assert_eq!(open("g", CREAT | EXCL), Ok(()));
    assert_eq!(open("g", CREAT), Ok(()));
    assert_eq!(open("f/g", 0), Err(errno::NOTDIR));
    assert_eq!(open("d", 0), Err(errno::ISDIR), "for writing");
    assert_eq!(open("f", DIRECTORY), Err(errno::NOTDIR));
    assert_eq!(open("d", DIRECTORY | CREAT), Err(errno::INVAL));
    assert_eq!(open("f", 1 << 4), Err(errno::INVAL));
    assert_eq!(open("f", TRUNC), Ok(()));
    assert_eq!(p.content("f"), "");
    // Without writing.
    p.try_open("h", CREAT, read, 0).unwrap();
    assert!(p.there("h").exists());
    p.file("f", "abc");
    let fd = p.try_open("f", CREAT, read, 0).unwrap();
    assert_eq!((p.read(fd, 9), p.write(fd, b"x")), (Ok(b"abc".to_vec()), Err(76)));
    p.try_open("f", TRUNC, read, 0).unwrap();
    assert_eq!(p.content("f"), "");
    // A directory is one even if nobody asked for it.
    let (create, open) = (1 << 10, 1 << 13);
    let fd = p.try_open("d", 0, read | create | open, 0).unwrap();
    p.ok("fd_fdstat_get", &[fd, OUT]);
    assert_eq!(
        (p.bytes(OUT, 1), p.u64(OUT + 8)),
        (vec![3], create | open),
        "only what means something for a directory"
    );
    p.try_open_in(fd, 0, "inside", CREAT, read, 0).unwrap();
    assert!(p.there("d/inside").exists());
    // Arguments that are none.
    assert_eq!(p.try_open_in(99, 0, "f", 0, read, 0), Err(errno::BADF));
    assert_eq!(p.try_open_in(1, 0, "f", 0, read, 0), Err(errno::NOTDIR));
    assert_eq!(p.try_open_in(FOLDER, 2, "f", 0, read, 0), Err(errno::INVAL));
    assert_eq!(p.try_open("f", 0, read, 1 << 5), Err(errno::INVAL));
    let [at, len] = p.path_at(PATH, "new");
    let call = [FOLDER, 0, at, len, CREAT, read, 0, 0, OUTSIDE - 3];
    assert_eq!(p.call("path_open", &call), errno::FAULT);
    assert!(!p.there("new").exists(), "an error does nothing");
    // Rights of the folder's.
    p.ok("fd_fdstat_set_rights", &[FOLDER, 1 << 13, ALL_RIGHTS]);
    assert_eq!(p.try_open("new", CREAT, read, 0), Err(errno::NOTCAPABLE));
    assert_eq!(p.try_open("f", TRUNC, read, 0), Err(errno::NOTCAPABLE));
    p.try_open("f", 0, read, 0).unwrap();
    p.ok("fd_fdstat_set_rights", &[FOLDER, 0, ALL_RIGHTS]);
    assert_eq!(p.try_open("f", 0, read, 0), Err(errno::NOTCAPABLE));
}

#[test]
fn paths_that_are_none() {
    let mut p = Program::new();
    for (bytes, errno) in [(&b"a\0b"[..], errno::INVAL), (b"\xff\xfe", errno::ILSEQ), (b"x/\xc3", errno::ILSEQ)] {
        p.put(PATH, bytes);
        for name in ["path_create_directory", "path_remove_directory", "path_unlink_file"] {
            assert_eq!(p.call(name, &[FOLDER, PATH, bytes.len() as u64]), errno, "{name}");
        }
    }
    assert_eq!(p.at("path_create_directory", &"a".repeat(4097)), errno::NAMETOOLONG);
    assert_eq!(p.at("path_create_directory", &"a".repeat(300)), errno::NAMETOOLONG);
    assert_eq!(p.call("path_create_directory", &[FOLDER, OUTSIDE - 1, 2]), errno::FAULT);
    assert_eq!(p.call("path_create_directory", &[FOLDER, u32::MAX.into(), u32::MAX.into()]), errno::FAULT);
}

/// Neither a path nor a link leads out of the folder.
#[cfg(unix)]
#[test]
fn there_is_no_way_out() {
    let mut p = Program::new();
    let inside = p.there("inside");
    std::fs::create_dir(&inside).unwrap();
    p.file("secret", "secret");
    std::os::unix::fs::symlink("..", p.there("inside/up")).unwrap();
    std::os::unix::fs::symlink("../secret", p.there("inside/secret")).unwrap();
    std::os::unix::fs::symlink(p.there("secret"), p.there("inside/absolute")).unwrap();
    p.host.dir(&inside, "/").unwrap();
    const INSIDE: u64 = 4;
    let absolute = p.there("secret").to_string_lossy().into_owned();
    for path in ["../secret", "up/secret", "secret", "absolute", "x/../../secret", &absolute, "/", ".."] {
        std::fs::create_dir_all(inside.join("x")).unwrap();
        let [at, len] = p.path_at(PATH, path);
        for (name, args) in [
            ("path_open", vec![INSIDE, 1, at, len, 0, 1 << 1, 0, 0, OUT]),
            ("path_filestat_get", vec![INSIDE, 1, at, len, OUT]),
            ("path_filestat_set_times", vec![INSIDE, 1, at, len, 0, 0, 5]),
        ] {
            assert_eq!(p.call(name, &args), errno::PERM, "{name} {path}");
        }
    }
    for path in ["../new", "up/new", "/new"] {
        let [at, len] = p.path_at(PATH, path);
        assert_eq!(p.call("path_create_directory", &[INSIDE, at, len]), errno::PERM, "{path}");
        let [other, other_len] = p.path_at(OTHER, "x");
        assert_eq!(p.call("path_rename", &[INSIDE, other, other_len, INSIDE, at, len]), errno::PERM, "{path}");
        assert_eq!(p.call("path_symlink", &[other, other_len, INSIDE, at, len]), errno::PERM, "{path}");
        assert_eq!(p.call("path_link", &[INSIDE, 0, other, other_len, INSIDE, at, len]), errno::PERM, "{path}");
    }
    for path in ["../secret", "up/secret"] {
        let [at, len] = p.path_at(PATH, path);
        assert_eq!(p.call("path_unlink_file", &[INSIDE, at, len]), errno::PERM, "{path}");
        let [other, other_len] = p.path_at(OTHER, "stolen");
        assert_eq!(p.call("path_rename", &[INSIDE, at, len, INSIDE, other, other_len]), errno::PERM, "{path}");
        assert_eq!(p.call("path_link", &[INSIDE, 1, at, len, INSIDE, other, other_len]), errno::PERM, "{path}");
    }
    // No link with an absolute path is made, and none is read.
    let [at, len] = p.path_at(PATH, "/etc");
    let [other, other_len] = p.path_at(OTHER, "link");
    assert_eq!(p.call("path_symlink", &[at, len, INSIDE, other, other_len]), errno::PERM);
    let [at, len] = p.path_at(PATH, "absolute");
    assert_eq!(p.call("path_readlink", &[INSIDE, at, len, BYTES, 100, OUT]), errno::PERM);
    assert_eq!(p.content("secret"), "secret");
    assert_eq!(std::fs::read_dir(p.folder.path()).unwrap().count(), 2, "nothing was made outside");
}

#[test]
fn making_and_removing() {
    let mut p = Program::new();
    assert_eq!(p.at("path_create_directory", "d"), SUCCESS);
    assert_eq!(p.at("path_create_directory", "d"), errno::EXIST);
    assert_eq!(p.at("path_create_directory", "x/y"), errno::NOENT);
    p.file("d/f", "abc");
    assert_eq!(p.at("path_remove_directory", "d"), errno::NOTEMPTY);
    assert_eq!(p.at("path_remove_directory", "d/f"), errno::NOTDIR);
    assert_eq!(p.at("path_unlink_file", "d"), errno::ISDIR);
    assert_eq!(p.at("path_unlink_file", "d/g"), errno::NOENT);
    assert_eq!(p.at("path_unlink_file", "d/f"), SUCCESS);
    assert_eq!(p.at("path_remove_directory", "d"), SUCCESS);
    assert_eq!(p.at("path_remove_directory", "d"), errno::NOENT);
    assert_eq!(std::fs::read_dir(p.folder.path()).unwrap().count(), 0);
}

#[test]
fn renaming() {
    let mut p = Program::new();
    p.file("f", "abc");
    p.file("g", "xyz");
    std::fs::create_dir(p.there("d")).unwrap();
    let d = p.open("d", DIRECTORY);
    let rename = |p: &mut Program, from: &str, to_dir, to: &str| {
        let [at, len] = p.path_at(PATH, from);
        let [other, other_len] = p.path_at(OTHER, to);
        p.call("path_rename", &[FOLDER, at, len, to_dir, other, other_len])
    };
    assert_eq!(rename(&mut p, "f", d, "h"), SUCCESS);
    assert_eq!(p.content("d/h"), "abc");
    assert_eq!(rename(&mut p, "g", FOLDER, "d/h"), SUCCESS);
    assert_eq!(p.content("d/h"), "xyz");
    assert_eq!(rename(&mut p, "g", FOLDER, "i"), errno::NOENT);
    std::fs::create_dir(p.there("empty")).unwrap();
    assert_eq!(rename(&mut p, "d/h", FOLDER, "empty"), errno::ISDIR);
    assert_eq!(rename(&mut p, "d", FOLDER, "d/e"), errno::INVAL);
    assert_eq!(rename(&mut p, "d", 99, "e"), errno::BADF);
    assert_eq!(rename(&mut p, "d", FOLDER, "e"), SUCCESS);
    assert_eq!(p.content("e/h"), "xyz");
}

#[cfg(unix)]
#[test]
fn links() {
    let mut p = Program::new();
    p.file("f", "abc");
    let symlink = |p: &mut Program, to: &str, path: &str| {
        let [at, len] = p.path_at(PATH, to);
        let [other, other_len] = p.path_at(OTHER, path);
        p.call("path_symlink", &[at, len, FOLDER, other, other_len])
    };
    assert_eq!(symlink(&mut p, "f", "link"), SUCCESS);
    assert_eq!(symlink(&mut p, "f", "link"), errno::EXIST);
    assert_eq!(symlink(&mut p, "nowhere", "dangling"), SUCCESS);
    assert_eq!(symlink(&mut p, "loop", "loop"), SUCCESS);
    let read = 1 << 1;
    assert_eq!(p.try_open_in(FOLDER, 0, "link", 0, read, 0), Err(errno::LOOP));
    let fd = p.try_open_in(FOLDER, 1, "link", 0, read, 0).unwrap();
    assert_eq!(p.read(fd, 3), Ok(b"abc".to_vec()));
    assert_eq!(p.try_open_in(FOLDER, 1, "dangling", 0, read, 0), Err(errno::NOENT));
    assert_eq!(p.try_open_in(FOLDER, 1, "loop", 0, read, 0), Err(errno::LOOP));
    // What it says, and as much of it as there is room for.
    let [at, len] = p.path_at(PATH, "dangling");
    p.ok("path_readlink", &[FOLDER, at, len, BYTES, 100, OUT]);
    assert_eq!((p.u32(OUT), p.bytes(BYTES, 8)), (7, b"nowhere\0".to_vec()));
    p.put(BYTES, &[0; 8]);
    p.ok("path_readlink", &[FOLDER, at, len, BYTES, 3, OUT]);
    assert_eq!((p.u32(OUT), p.bytes(BYTES, 8)), (3, b"now\0\0\0\0\0".to_vec()));
    assert_eq!(p.call("path_readlink", &[FOLDER, at, len, OUTSIDE - 2, 3, OUT]), errno::FAULT);
    let [at, len] = p.path_at(PATH, "f");
    assert_eq!(p.call("path_readlink", &[FOLDER, at, len, BYTES, 3, OUT]), errno::INVAL);
    // Attributes of the link, or of what it leads to.
    let [at, len] = p.path_at(PATH, "link");
    for (lookup, filetype, size) in [(0, 7, 1), (1, 4, 3)] {
        p.ok("path_filestat_get", &[FOLDER, lookup, at, len, OUT]);
        assert_eq!((p.bytes(OUT + 16, 1), p.u64(OUT + 32)), (vec![filetype], size));
    }
    p.ok("path_filestat_set_times", &[FOLDER, 0, at, len, 0, 1_000_000_000, 4]);
    p.ok("path_filestat_set_times", &[FOLDER, 1, at, len, 0, 2_000_000_000, 4]);
    for (lookup, modified) in [(0, 1_000_000_000), (1, 2_000_000_000)] {
        p.ok("path_filestat_get", &[FOLDER, lookup, at, len, OUT]);
        assert_eq!(p.u64(OUT + 48), modified);
    }
    assert_eq!(p.call("path_filestat_set_times", &[FOLDER, 0, at, len, 0, 0, 3]), errno::INVAL);
    // Hard links to the link, or to what it leads to.
    for (lookup, path, filetype) in [(0, "hard", 7), (1, "harder", 4)] {
        let [at, len] = p.path_at(PATH, "link");
        let [other, other_len] = p.path_at(OTHER, path);
        p.ok("path_link", &[FOLDER, lookup, at, len, FOLDER, other, other_len]);
        assert_eq!(p.call("path_link", &[FOLDER, lookup, at, len, FOLDER, other, other_len]), errno::EXIST);
        p.ok("path_filestat_get", &[FOLDER, 0, other, other_len, OUT]);
        assert_eq!((p.bytes(OUT + 16, 1), p.u64(OUT + 24)), (vec![filetype], 2));
    }
    assert_eq!(p.at("path_unlink_file", "link"), SUCCESS);
    assert_eq!(p.at("path_unlink_file", "dangling"), SUCCESS);
    assert_eq!(p.content("f"), "abc");
}

/// An entry: the next cookie, serial number, type, name.
type Entry = (u64, u64, u8, String);

/// Reads entries from a cookie on into so many bytes: those that are there in full, and how many bytes were used.
fn entries(p: &mut Program, fd: u64, len: u64, cookie: u64) -> (Vec<Entry>, u64) {
    p.ok("fd_readdir", &[fd, BYTES, len, cookie, OUT]);
    let used = u64::from(p.u32(OUT));
    let (mut at, end, mut found) = (BYTES, BYTES + used, Vec::new());
    while at + 24 <= end && at + 24 + u64::from(p.u32(at + 16)) <= end {
        let len = u64::from(p.u32(at + 16));
        let name = String::from_utf8(p.bytes(at + 24, len)).unwrap();
        found.push((p.u64(at), p.u64(at + 8), p.bytes(at + 20, 1)[0], name));
        at += 24 + len;
    }
    (found, used)
}

#[test]
fn reading_folders() {
    let mut p = Program::new();
    for name in ["b", "c", "ä", "a long name"] {
        p.file(name, "");
    }
    std::fs::create_dir(p.there("d")).unwrap();
    let (all, used) = entries(&mut p, FOLDER, 4096, 0);
    let names: Vec<&str> = all.iter().map(|(_, _, _, name)| name.as_str()).collect();
    assert_eq!(names, [".", "..", "a long name", "b", "c", "d", "ä"], "by name, on every machine");
    assert_eq!(all.iter().map(|entry| entry.2).collect::<Vec<_>>(), [3, 3, 4, 4, 4, 3, 4]);
    assert!(used < 4096, "this was all");
    let [at, len] = p.path_at(PATH, "c");
    p.ok("path_filestat_get", &[FOLDER, 0, at, len, OUT]);
    assert_eq!(p.u64(OUT + 8), all[4].1, "the serial number of its attributes");
    // From each cookie on, the rest.
    for (i, (next, ..)) in all.iter().enumerate() {
        assert_eq!(entries(&mut p, FOLDER, 4096, *next).0, all[i + 1..]);
    }
    assert_eq!(entries(&mut p, FOLDER, 4096, u64::MAX), (vec![], 0));
    // A buffer is filled, if with a part of an entry.
    for len in 0..used {
        let (some, filled) = entries(&mut p, FOLDER, len, 0);
        assert_eq!(filled, len);
        assert_eq!(some, all[..some.len()]);
    }
    // What goes and comes while it is read moves nothing.
    std::fs::remove_file(p.there("b")).unwrap();
    p.file("a", "");
    assert_eq!(entries(&mut p, FOLDER, 4096, all[3].0).0, all[4..]);
    let (again, _) = entries(&mut p, FOLDER, 4096, 0);
    assert_eq!(again[2].3, "a");
    assert_eq!(p.call("fd_readdir", &[FOLDER, OUTSIDE - 1, 2, 0, OUT]), errno::FAULT);
    assert_eq!(p.call("fd_readdir", &[FOLDER, BYTES, 2, 0, OUTSIDE - 3]), errno::FAULT);
    assert_eq!(p.call("fd_readdir", &[99, BYTES, 2, 0, OUT]), errno::BADF);
    let fd = p.open("d", DIRECTORY);
    assert_eq!(entries(&mut p, fd, 4096, 0).0.len(), 2);
}
