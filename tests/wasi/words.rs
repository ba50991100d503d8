//! Counts the words of what it reads; the exit code is the number of different ones.

use std::collections::HashMap;
use std::io::{self, BufRead as _, Write as _};

fn main() -> io::Result<()> {
    let mut args = std::env::args().skip(1);
    let (least, mark) = (args.next().and_then(|n| n.parse().ok()).unwrap_or(1), args.next().unwrap_or_default());
    let upper = std::env::var("UPPER").is_ok_and(|v| v == "yes");
    let mut counts = HashMap::new();
    for line in io::stdin().lock().lines() {
        for word in line?.split_whitespace() {
            *counts.entry(if upper { word.to_uppercase() } else { word.to_owned() }).or_insert(0u32) += 1;
        }
    }
    let mut words: Vec<(&String, &u32)> = counts.iter().filter(|(_, n)| **n >= least).collect();
    words.sort_by(|(v, m), (w, n)| n.cmp(m).then(v.cmp(w)));
    let mut out = io::stdout().lock();
    for (word, n) in words {
        let share = 100.0 * f64::from(*n) / f64::from(counts.values().sum::<u32>());
        writeln!(out, "{mark}{word:>10} {n:3} {share:6.2} %")?;
    }
    eprintln!("{} words, {} variables", counts.len(), std::env::vars().count());
    std::process::exit(counts.len() as i32)
}
