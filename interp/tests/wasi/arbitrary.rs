//! Whatever a program passes, it gets an answer.

use super::*;
use proptest::prelude::*;

/// An argument: a descriptor or a flag, an address near the ends of memory or of what holds something, or anything.
fn argument() -> impl Strategy<Value = u64> {
    prop_oneof![
        4 => 0..8u64,
        2 => prop::sample::select(vec![OUT, LIST, BYTES, PATH, OTHER]),
        1 => (OUTSIDE - 64)..(OUTSIDE + 8),
        1 => any::<u32>().prop_map(u64::from),
        1 => any::<u64>(),
        1 => Just(u64::MAX),
    ]
}

proptest! {
    #[test]
    fn every_call_is_answered(
        calls in prop::collection::vec((0..FUNCTIONS.len(), [(); 9].map(|()| argument())), 1..40),
    ) {
        let mut p = Program::with(Streams { input: Box::new(io::empty()), ..Streams::inherited() }, |host| {
            host.deterministic(0);
        });
        // Nobody's disk is to be filled.
        p.ok("fd_fdstat_get", &[FOLDER, OUT]);
        let (base, allocate) = (p.u64(OUT + 8), 1 << 8);
        p.ok("fd_fdstat_set_rights", &[FOLDER, base, ALL_RIGHTS & !allocate]);
        p.file("a", "content");
        p.put(PATH, b"a/../.\0\xff");
        p.put(OTHER, b"b/c");
        p.list(&[(BYTES, 10), (BYTES, 100), (OUTSIDE, 0), (OUTSIDE - 1, 1)]);
        for (function, args) in calls {
            let (name, params) = FUNCTIONS[function];
            let arg = |(c, arg): (char, &u64)| if c == 'i' { u64::from(*arg as u32) } else { *arg };
            let args: Vec<u64> = params.chars().zip(&args).map(arg).collect();
            match p.outcome(name, &args) {
                Outcome::Returned(results) => match results[..] {
                    [Val::I32(errno)] => prop_assert!(errno <= 76, "{name} {args:?}: {errno}"),
                    _ => prop_assert!(false, "{name} {args:?}: {results:?}"),
                },
                Outcome::Exited(code) => prop_assert_eq!((name, u64::from(code)), ("proc_exit", args[0])),
                other => prop_assert!(false, "{name} {args:?}: {other}"),
            }
            prop_assert_eq!(p.memory().len() as u64, OUTSIDE);
        }
    }
}
