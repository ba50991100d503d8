//! Arguments, environment, clocks, random numbers, waiting, ending.

use super::*;

#[test]
fn arguments() {
    let mut p = Program::new();
    p.ok("args_sizes_get", &[OUT, OUT + 4]);
    assert_eq!((p.u32(OUT), p.u32(OUT + 4)), (3, 8 + 12 + 3));
    p.ok("args_get", &[OUT, BYTES]);
    let begin = [p.u32(OUT), p.u32(OUT + 4), p.u32(OUT + 8)];
    assert_eq!(begin, [1024, 1032, 1044]);
    assert_eq!(p.bytes(BYTES, 23), "program\0an argument\0ü\0".as_bytes());
    assert_eq!(p.call("args_get", &[OUT, OUTSIDE - 22]), errno::FAULT);
    assert_eq!(p.call("args_get", &[OUTSIDE - 11, BYTES]), errno::FAULT);
    assert_eq!(p.call("args_sizes_get", &[OUT, OUTSIDE - 3]), errno::FAULT);
}

#[test]
fn environment() {
    let mut p = Program::new();
    p.ok("environ_sizes_get", &[OUT, OUT + 4]);
    assert_eq!((p.u32(OUT), p.u32(OUT + 4)), (2, 17));
    p.ok("environ_get", &[OUT, BYTES]);
    assert_eq!((p.u32(OUT), p.u32(OUT + 4)), (1024, 1034));
    assert_eq!(p.bytes(BYTES, 17), b"KEY=value\0EMPTY=\0");
    assert_eq!(p.call("environ_get", &[OUTSIDE, BYTES]), errno::FAULT);
    assert_eq!(p.call("environ_sizes_get", &[u32::MAX.into(), OUT]), errno::FAULT);
}

#[test]
fn clocks() {
    let mut p = Program::new();
    for id in [0, 1] {
        p.ok("clock_res_get", &[id, OUT]);
        assert!(p.u64(OUT) > 0);
        p.ok("clock_time_get", &[id, 0, OUT]);
        p.ok("clock_time_get", &[id, 0, OUT + 8]);
        assert!(p.u64(OUT + 8) >= p.u64(OUT));
    }
    // Processor time, and what is no clock.
    for id in [2, 3, 4, 1 << 31] {
        assert_eq!(p.call("clock_res_get", &[id, OUT]), errno::INVAL);
        assert_eq!(p.call("clock_time_get", &[id, 0, OUT]), errno::INVAL);
    }
    assert_eq!(p.call("clock_time_get", &[0, 0, OUTSIDE - 7]), errno::FAULT);
    assert_eq!(p.call("clock_res_get", &[0, OUTSIDE - 7]), errno::FAULT);
}

#[test]
fn clocks_that_are_the_same_in_each_run() {
    let mut p = Program::deterministic(0);
    let mut time = |id| {
        p.ok("clock_time_get", &[id, 0, OUT]);
        p.u64(OUT)
    };
    let millisecond = 1_000_000;
    assert_eq!([time(1), time(1)], [0, millisecond]);
    assert_eq!(time(0), 946_684_800_000_000_000 + 2 * millisecond);
    p.ok("clock_res_get", &[0, OUT]);
    assert_eq!(p.u64(OUT), millisecond);
}

#[test]
fn random_numbers() {
    let drawn = |mut p: Program| {
        p.ok("random_get", &[BYTES, 16]);
        p.bytes(BYTES - 1, 18)
    };
    let (a, b) = (drawn(Program::new()), drawn(Program::new()));
    assert!(a != b && a[0] == 0 && a[17] == 0);
    assert_eq!(drawn(Program::deterministic(5)), drawn(Program::deterministic(5)));
    assert_ne!(drawn(Program::deterministic(5)), drawn(Program::deterministic(6)));
    assert_eq!(Program::new().call("random_get", &[OUTSIDE - 15, 16]), errno::FAULT);
    Program::new().ok("random_get", &[OUTSIDE, 0]);
}

#[test]
fn the_end() {
    for code in [0, 1, 255, 256, u32::MAX] {
        assert_eq!(Program::new().outcome("proc_exit", &[code.into()]), Outcome::Exited(code));
    }
    let mut p = Program::new();
    p.outcome("proc_exit", &[3]);
    p.ok("sched_yield", &[]);
}

#[test]
fn nobody_is_there_to_yield_to_or_to_be_raised() {
    let mut p = Program::new();
    p.ok("sched_yield", &[]);
    assert_eq!(p.call("proc_raise", &[6]), errno::NOTSUP);
}

#[test]
fn there_are_no_sockets() {
    let mut p = Program::new();
    for (name, rest) in [
        ("sock_accept", &[0, OUT][..]),
        ("sock_recv", &[LIST, 0, 0, OUT, OUT]),
        ("sock_send", &[LIST, 0, 0, OUT]),
        ("sock_shutdown", &[1]),
    ] {
        assert_eq!(p.call(name, &[&[FOLDER], rest].concat()), errno::NOTSOCK, "{name}");
        assert_eq!(p.call(name, &[&[9], rest].concat()), errno::BADF, "{name}");
    }
}

/// A subscription to a clock.
fn clock(userdata: u64, id: u32, timeout: u64, absolute: u16) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[0..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[16..20].copy_from_slice(&id.to_le_bytes());
    bytes[24..32].copy_from_slice(&timeout.to_le_bytes());
    bytes[40..42].copy_from_slice(&absolute.to_le_bytes());
    bytes
}

/// A subscription to a descriptor: 1 to read, 2 to write.
fn ready(userdata: u64, kind: u8, fd: u32) -> Vec<u8> {
    let mut bytes = vec![0; 48];
    bytes[0..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = kind;
    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
    bytes
}

/// The events: user data, error, type, bytes.
fn poll(p: &mut Program, subscriptions: &[Vec<u8>]) -> Vec<(u64, u16, u8, u64)> {
    p.put(BYTES, &subscriptions.concat());
    p.ok("poll_oneoff", &[BYTES, PATH, subscriptions.len() as u64, OUT]);
    let n = u64::from(p.u32(OUT));
    (0..n).map(|i| PATH + i * 32).map(|at| (p.u64(at), p.u16(at + 8), p.bytes(at + 10, 1)[0], p.u64(at + 16))).collect()
}

#[test]
fn waiting_for_clocks() {
    let mut p = Program::new();
    let begin = std::time::Instant::now();
    let events = poll(&mut p, &[clock(7, 1, 5_000_000, 0), clock(8, 1, u64::MAX, 0)]);
    assert_eq!(events, [(7, 0, 0, 0)]);
    assert!(begin.elapsed().as_millis() >= 5);
    // A time that is over.
    assert_eq!(poll(&mut p, &[clock(9, 0, 1, 1)]), [(9, 0, 0, 0)]);
    // Nobody waits for a clock that isn't there.
    assert_eq!(poll(&mut p, &[clock(1, 1, u64::MAX, 0), clock(2, 2, 0, 0)]), [(2, 28, 0, 0)]);
}

#[test]
fn waiting_takes_no_time_that_is_deterministic() {
    let mut p = Program::deterministic(0);
    let century = 100 * 365 * 86_400 * 1_000_000_000;
    let waits = [clock(1, 1, century, 0), clock(2, 0, 2 * century, 0), clock(3, 0, century, 0)];
    assert_eq!(poll(&mut p, &waits), [(1, 0, 0, 0), (3, 0, 0, 0)]);
    p.ok("clock_time_get", &[1, 0, OUT]);
    assert_eq!(p.u64(OUT), century);
    assert_eq!(poll(&mut p, &[clock(4, 1, 3 * century, 1)]), [(4, 0, 0, 0)]);
    p.ok("clock_time_get", &[1, 0, OUT]);
    assert!(p.u64(OUT) >= 3 * century);
}

#[test]
fn files_and_streams_are_ready() {
    let mut p = Program::new();
    p.file("five", "12345");
    let fd = p.open("five", 0) as u32;
    p.read(fd.into(), 2).unwrap();
    let events = poll(&mut p, &[ready(1, 1, fd), ready(2, 2, fd), clock(3, 1, u64::MAX, 0), ready(4, 2, 1)]);
    assert_eq!(events, [(1, 0, 1, 3), (2, 0, 2, 1), (4, 0, 2, 1)]);
    // What can't be waited for is told at once, and why.
    let events = poll(&mut p, &[ready(1, 1, 77), ready(2, 1, 1), ready(3, 1, FOLDER as u32)]);
    assert_eq!(events, [(1, 8, 1, 0), (2, 76, 1, 0), (3, 76, 1, 0)]);
}

#[test]
fn subscriptions_that_are_none() {
    let mut p = Program::new();
    assert_eq!(p.call("poll_oneoff", &[BYTES, PATH, 0, OUT]), errno::INVAL);
    assert_eq!(p.call("poll_oneoff", &[BYTES, PATH, 65537, OUT]), errno::INVAL);
    assert_eq!(p.call("poll_oneoff", &[OUTSIDE - 47, PATH, 1, OUT]), errno::FAULT);
    assert_eq!(p.call("poll_oneoff", &[BYTES, OUTSIDE - 31, 1, OUT]), errno::FAULT);
    assert_eq!(p.call("poll_oneoff", &[BYTES, PATH, 1, OUTSIDE - 3]), errno::FAULT);
    p.put(BYTES, &ready(0, 3, 0));
    assert_eq!(p.call("poll_oneoff", &[BYTES, PATH, 1, OUT]), errno::INVAL);
    p.put(BYTES, &clock(0, 0, 0, 2));
    assert_eq!(p.call("poll_oneoff", &[BYTES, PATH, 1, OUT]), errno::INVAL);
}

/// A memory of another name isn't the program's.
#[test]
fn without_a_memory_every_pointer_is_out_of_bounds() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
        (memory (export "other") 1)
        (func (export "random") (result i32) (call $random (i32.const 0) (i32.const 1))))"#;
    let module = Arc::new(binary::decode(&wat::parse_str(text).unwrap()).unwrap());
    let mut machine = Machine::new(Budgets::default());
    let mut host = Wasi::new(Vec::new(), Streams::inherited());
    let import = Wasi::function(machine.store_mut(), &module.imports[0]).unwrap();
    let instance = machine.instantiate(&module, &[import], &mut host, &mut ()).unwrap();
    let Some(ExternAddr::Func(func)) = instance.export("random") else { panic!() };
    let outcome = machine.invoke(func, &[], &mut host, &mut ());
    assert_eq!(outcome, Outcome::Returned(vec![Val::I32(errno::FAULT)]));
}

/// The memory is found before anything runs, and when the caller's frame has gone.
#[test]
fn start_functions_and_tail_calls_have_a_memory() {
    let text = r#"(module
        (import "wasi_snapshot_preview1" "clock_res_get" (func $res (param i32 i32) (result i32)))
        (memory (export "memory") 1)
        (start $start)
        (func $start (if (call $res (i32.const 0) (i32.const 8)) (then (unreachable))))
        (func (export "tail") (result i32) (return_call $res (i32.const 1) (i32.const 16))))"#;
    let module = Arc::new(binary::decode(&wat::parse_str(text).unwrap()).unwrap());
    let mut machine = Machine::new(Budgets::default());
    let mut host = Wasi::new(Vec::new(), Streams::inherited());
    let import = Wasi::function(machine.store_mut(), &module.imports[0]).unwrap();
    let instance = machine.instantiate(&module, &[import], &mut host, &mut ()).unwrap();
    let Some(ExternAddr::Func(func)) = instance.export("tail") else { panic!() };
    assert_eq!(machine.invoke(func, &[], &mut host, &mut ()), Outcome::Returned(vec![Val::I32(0)]));
    let bytes = &machine.store().mems[0].bytes;
    assert!(bytes[8] != 0 && bytes[16] != 0);
}

#[test]
fn only_functions_of_the_interface_by_their_types() {
    let link = |module: &str, name: &str, param: &str| {
        let text = format!(r#"(module (import "{module}" "{name}" (func (param {param}) (result i32))))"#);
        let module = Arc::new(binary::decode(&wat::parse_str(text).unwrap()).unwrap());
        let mut machine = Machine::new(Budgets::default());
        let mut host = Wasi::new(Vec::new(), Streams::inherited());
        let import = Wasi::function(machine.store_mut(), &module.imports[0])?;
        Some(machine.instantiate(&module, &[import], &mut host, &mut ()).map(|_| ()))
    };
    assert_eq!(link("wasi_snapshot_preview1", "fd_close", "i32"), Some(Ok(())));
    assert_eq!(link("wasi_snapshot_preview1", "fd_dup", "i32"), None);
    assert_eq!(link("wasi_unstable", "fd_close", "i32"), None);
    let other = link("wasi_snapshot_preview1", "fd_close", "i64");
    assert!(matches!(other, Some(Err(Outcome::Unlinkable(_)))), "{other:?}");
}
