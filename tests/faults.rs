//! Drivers that die, hang, lie and flood: each of these costs the directive that met it, and no other one.
//!
//! This program is the tests, and with a first argument the driver that has a fault: it is its own engine.

use std::io::{BufRead, Write};
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;
use std::{env, io, thread};

use assay_engines::{Budgets, Carries, Engine, Features, Interp, Server, engine_within};
use assay_spec_tests::{Fault, Script, run, spectest};

/// The one directive that calls `culprit` meets the fault. Numbers show that what it did is undone, and what came
/// before it was asked again.
const SCRIPT: &str = r#"
(module
  (global $n (export "n") (mut i32) (i32.const 0))
  (func $next (export "next") (result i32) (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n))
  (func (export "culprit") (result i32) (call $next))
  (func (export "half") (param f32) (result f32) (f32.mul (local.get 0) (f32.const 0.5))))
(assert_return (invoke "next") (i32.const 1))
(assert_return (invoke "half" (f32.const 3)) (f32.const 1.5))
(assert_return (invoke "next") (i32.const 2))
(assert_return (invoke "culprit") (i32.const 3))
(assert_return (invoke "next") (i32.const 3))
(assert_return (invoke "half" (f32.const 5)) (f32.const 2.5))
(assert_return (get "n") (i32.const 3))
(module (func (export "f") (result i32) (i32.const 7)))
(assert_return (invoke "f") (i32.const 7))
"#;

/// Directives of the script.
const ALL: usize = 10;

/// What a driver does wrong, whether it takes long, and how the directive ends that it does it to.
const FAULTS: [(&str, Pace, &str); 16] = [
    ("exits", Pace::Fast, "crashed: the driver ended (exit status: 3); it wrote: these are\\nmy last words"),
    ("aborts", Pace::Fast, "crashed: the driver ended (signal: 6"),
    ("half-a-line", Pace::Fast, "crashed: the driver ended within an answer"),
    ("half-a-line-and-waits", Pace::Hangs, "hung: no answer within"),
    ("waits", Pace::Hangs, "hung: no answer within"),
    ("leaves-a-child", Pace::Hangs, "hung: no answer within"),
    ("no-json", Pace::Fast, "nonsense: no JSON: "),
    ("another-id", Pace::Fast, "nonsense: not an answer to request"),
    ("another-type", Pace::Fast, "nonsense: a value of type i64 instead of one of type i32"),
    ("too-many", Pace::Fast, "nonsense: 2 values instead of 1"),
    ("another-kind", Pace::Fast, "nonsense: Malformed is no answer to this request"),
    ("no-trap", Pace::Fast, "nonsense: a trap of no kind"),
    ("neither", Pace::Fast, "nonsense: an answer has either"),
    ("flood", Pace::Fast, "nonsense: an answer of more than 67108864 bytes"),
    ("flood-of-lines", Pace::Fast, "nonsense: not an answer to request"),
    ("loud-then-exits", Pace::Fast, "crashed: the driver ended (exit status: 3); it wrote: "),
];

#[derive(Clone, Copy, PartialEq)]
enum Pace {
    Fast,
    Hangs,
}

fn main() -> ExitCode {
    let args: Vec<String> = env::args().skip(1).collect();
    match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["driver", fault] => {
            driver(fault);
            ExitCode::SUCCESS
        }
        ["sleeper"] => {
            thread::sleep(Duration::from_secs(600));
            ExitCode::SUCCESS
        }
        // As the harness of other tests, which is told a name or nothing.
        [..] => tests(args.iter().find(|arg| !arg.starts_with('-')).map_or("", String::as_str)),
    }
}

fn tests(filter: &str) -> ExitCode {
    let chosen = |name: &str| name.contains(filter);
    let mut failed = 0;
    thread::scope(|scope| {
        let faults = FAULTS.into_iter().filter(|(name, ..)| chosen(name));
        let mut running: Vec<_> = faults
            .map(|(name, pace, wanted)| (name, scope.spawn(move || costs_one_directive(name, pace, wanted))))
            .collect();
        let others: [(&str, fn()); 4] = [
            ("is-loud", noise_costs_nothing),
            ("answers-twice", an_answer_too_many_is_noticed_at_the_next_request),
            ("dies-of-old-age", who_always_dies_answers_what_it_can),
            ("never-says-hello", who_says_nothing_is_no_engine),
        ];
        let others = others.into_iter().filter(|(name, _)| chosen(name));
        running.extend(others.map(|(name, test)| (name, scope.spawn(test))));
        for (name, test) in running {
            let is_ok = test.join().is_ok();
            println!("test {name} ... {}", if is_ok { "ok" } else { "FAILED" });
            failed += usize::from(!is_ok);
        }
    });
    println!("\n{failed} failed");
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn engine(fault: &str, deadline: Duration) -> Box<dyn Engine> {
    let this = env::current_exe().expect("this program is somewhere");
    let this = shlex::try_quote(this.to_str().expect("a path in Unicode")).expect("no zero byte");
    let id = format!("process:{this} driver {fault}");
    engine_within(&id, Budgets::default(), Features::default(), deadline).expect("the driver is there")
}

fn script() -> Script {
    Script { suite: "faults".into(), name: "f.wast".into(), source: SCRIPT.into(), features: None }
}

/// The lines whose directives failed, and why.
fn failures(engine: &mut dyn Engine) -> Vec<(usize, String)> {
    let report = run(engine, &script()).expect("a script");
    assert_eq!(report.checked.len(), ALL);
    let failure = |fault: &Fault| fault.why().into_owned();
    report.checked.iter().filter_map(|c| Some((c.place.line, failure(c.verdict.as_ref().err()?)))).collect()
}

/// A deadline that nobody misses, or one that is soon over.
fn deadline(pace: Pace) -> Duration {
    if pace == Pace::Fast { Duration::from_secs(60) } else { Duration::from_millis(1500) }
}

fn costs_one_directive(fault: &str, pace: Pace, wanted: &str) {
    let mut engine = engine(fault, deadline(pace));
    // The same engine again: what has happened is over.
    for _ in 0..2 {
        let failures = failures(&mut *engine);
        let [(line, why)] = &failures[..] else { panic!("{fault}: {failures:?}") };
        let why_not = why.chars().take(300).collect::<String>();
        assert!(*line == 10 && why.contains(wanted), "{fault}: line {line}: {why_not}");
        assert!(why.len() < 400_000, "{fault}: all of what it wrote");
        if fault == "leaves-a-child" {
            let child = why.rsplit_once("it wrote: ").expect("it says its child's number").1;
            assert!(is_gone(child), "{child}");
        }
    }
}

/// Whether a process has ended, as far as this system tells.
fn is_gone(process: &str) -> bool {
    let file = format!("/proc/{process}/stat");
    (0..100).any(|_| {
        let gone = std::fs::read_to_string(&file).map_or(true, |stat| stat.contains(") Z "));
        if !gone {
            thread::sleep(Duration::from_millis(20));
        }
        gone
    })
}

fn noise_costs_nothing() {
    let ours = failures(&mut Interp::new(Budgets::default()));
    assert_eq!(failures(&mut *engine("is-loud", deadline(Pace::Fast))), ours);
}

/// It has been answered, and is asked again for whatever comes after it, with one answer too many each time.
fn an_answer_too_many_is_noticed_at_the_next_request() {
    let failures = failures(&mut *engine("answers-twice", deadline(Pace::Fast)));
    assert_eq!(failures[0].0, 11, "{failures:?}");
    for (_, why) in &failures {
        assert!(why.contains("nonsense: not an answer to request"), "{failures:?}");
    }
}

/// What is beyond its age crashes each time, with all before it asked again.
fn who_always_dies_answers_what_it_can() {
    let mut engine = engine("dies-of-old-age", deadline(Pace::Fast));
    let failures = failures(&mut *engine);
    assert!(failures.len() > 1, "{failures:?}");
    for (_, why) in &failures {
        assert!(why.contains("crashed: the driver ended (exit status: 1)"), "{failures:?}");
    }
    engine.reset();
    assert!(engine.validate(b"\0asm\x01\0\0\0").is_ok());
}

fn who_says_nothing_is_no_engine() {
    for fault in ["mute", "echo"] {
        let mut engine = engine(fault, deadline(Pace::Hangs));
        let outcome = engine.validate(b"\0asm\x01\0\0\0").expect_err(fault).to_string();
        assert!(outcome.contains("couldn't be brought to speak"), "{outcome}");
    }
}

/// Answers as the interpreter does by integers alone, but for a fault at the function `culprit`.
fn driver(fault: &str) {
    let interp = Interp::new(Budgets::default());
    let mut server = Server::new(Box::new(interp), spectest()).carrying(Carries::default());
    let (mut input, mut output) = (io::stdin().lock(), io::stdout().lock());
    let (mut line, mut age) = (String::new(), 0);
    while input.read_line(&mut line).is_ok_and(|n| n > 0) {
        let answer = match fault {
            "echo" => line.trim_end().to_owned(),
            "mute" => wait(),
            _ => server.answer(line.as_bytes()),
        };
        age += 1;
        let is_met = line.contains("\"culprit\"");
        line.clear();
        if !is_met {
            if fault == "dies-of-old-age" && age == 8 {
                std::process::exit(1);
            }
            say(&mut output, &format!("{answer}\n"));
            continue;
        }
        let id = answer.split_once("\"id\":").expect("a number").1;
        let id: String = id.chars().take_while(char::is_ascii_digit).collect();
        let answered = |rest: &str| format!("{{\"id\":{id},{rest}}}\n");
        let said = match fault {
            "exits" => {
                eprint!("these are\nmy last words");
                std::process::exit(3)
            }
            "loud-then-exits" | "is-loud" => {
                for i in 0..20_000 {
                    eprintln!("{i} lines of nothing, and nothing of lines");
                }
                if fault == "loud-then-exits" {
                    std::process::exit(3)
                }
                answer + "\n"
            }
            "aborts" => std::process::abort(),
            "half-a-line" => {
                say(&mut output, &answer[..5]);
                std::process::exit(0)
            }
            "half-a-line-and-waits" => {
                say(&mut output, &answer[..5]);
                wait()
            }
            "waits" => wait(),
            "leaves-a-child" => {
                // It has the same standard output, which stays open by it.
                let this = env::current_exe().expect("this program is somewhere");
                let child = Command::new(this).arg("sleeper").stderr(Stdio::null()).spawn().expect("a child");
                eprint!("{}", child.id());
                std::process::exit(0)
            }
            "no-json" => "hello\n".to_owned(),
            "another-id" => "{\"id\":123456789,\"ok\":{\"values\":[{\"i32\":\"3\"}]}}\n".to_owned(),
            "another-type" => answered("\"ok\":{\"values\":[{\"i64\":\"3\"}]}"),
            "too-many" => answered("\"ok\":{\"values\":[{\"i32\":\"3\"},{\"i32\":\"3\"}]}"),
            "another-kind" => answered("\"no\":{\"kind\":\"malformed\",\"message\":\"\"}"),
            "no-trap" => answered("\"no\":{\"kind\":\"trap\",\"message\":\"oh\"}"),
            "neither" => answered("\"well\":{}"),
            "flood" => flood(&mut output, &[b'x'; 4096]),
            "flood-of-lines" => flood(&mut output, b"{\"id\":987654321,\"ok\":{}}\n"),
            "answers-twice" => format!("{answer}\n{answer}\n"),
            _ => answer + "\n",
        };
        say(&mut output, &said);
    }
}

fn wait() -> String {
    thread::sleep(Duration::from_secs(600));
    String::new()
}

/// What can't be written is for nobody any more.
fn say(output: &mut impl Write, text: &str) {
    if output.write_all(text.as_bytes()).and_then(|()| output.flush()).is_err() {
        std::process::exit(0);
    }
}

fn flood(output: &mut impl Write, water: &[u8]) -> ! {
    while output.write_all(water).is_ok() {}
    std::process::exit(0)
}
