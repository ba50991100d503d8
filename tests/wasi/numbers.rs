//! Computes: sorting, big numbers, floats, text. Reads nothing.

use std::collections::{BTreeMap, BTreeSet};

/// The digits of `n!`, by a thousand millions.
fn factorial(n: u32) -> String {
    let mut digits = vec![1u32];
    for k in 2..=n {
        let mut carry = 0;
        for digit in &mut digits {
            let product = u64::from(*digit) * u64::from(k) + carry;
            (*digit, carry) = ((product % 1_000_000_000) as u32, product / 1_000_000_000);
        }
        if carry > 0 {
            digits.push(carry as u32);
        }
    }
    let (last, rest) = digits.split_last().expect("a digit");
    rest.iter().rev().fold(last.to_string(), |text, digit| format!("{text}{digit:09}"))
}

/// The primes below a limit.
fn primes(limit: usize) -> Vec<usize> {
    let mut composite = vec![false; limit];
    (2..limit)
        .filter(|&i| {
            let prime = !composite[i];
            if prime {
                (i * i..limit).step_by(i).for_each(|j| composite[j] = true);
            }
            prime
        })
        .collect()
}

fn main() {
    println!("{}", factorial(100));
    let primes = primes(20_000);
    println!("{} {:?}", primes.len(), primes.last());
    let mut state = 1u64;
    let mut numbers: Vec<f64> = (0..1000)
        .map(|_| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1u64 << 53) as f64
        })
        .collect();
    numbers.sort_by(f64::total_cmp);
    let mean = numbers.iter().sum::<f64>() / numbers.len() as f64;
    println!("{} {:e} {mean} {:.3}", numbers[0], numbers[999], numbers.iter().map(|x| x.sqrt()).sum::<f64>());
    println!("{:?} {:?} {:?}", f32::MIN_POSITIVE, 0.1 + 0.2, "1e-320".parse::<f64>());
    let text = "The quick brown fox jumps over the lazy dog; ὁ δὲ ἀνεξέταστος βίος";
    let letters: BTreeSet<char> = text.to_lowercase().chars().filter(|c| c.is_alphabetic()).collect();
    let lengths: BTreeMap<usize, Vec<&str>> = text.split(' ').fold(BTreeMap::new(), |mut map, word| {
        map.entry(word.chars().count()).or_insert_with(Vec::new).push(word);
        map
    });
    println!("{letters:?}\n{lengths:#?}");
    let result: Result<u128, _> = "340282366920938463463374607431768211456".parse();
    println!("{result:?} {}", u128::MAX / 7 % 1_000_000_007);
}
