//! Encodes values of the generated types, so that the tests of crbus can compare them.
//! `again < LINES` decodes and encodes each `type number<TAB>hex`; `made SEED COUNT` encodes COUNT random values of each type.
//! Both print `type number<TAB>hex<TAB>JSON` per value, or `type number<TAB>!reason` for bytes that cannot be decoded.

mod made;
#[allow(dead_code, non_snake_case, non_camel_case_types, mixed_script_confusables, uncommon_codepoints)]
mod types;

use std::io::{BufRead, Write};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if arguments[1] == "made" {
        let mut random = made::Random(arguments[2].parse().unwrap());
        for (number, (_, made)) in types::TYPES.iter().enumerate() {
            for _ in 0..arguments[3].parse::<usize>().unwrap() {
                writeln!(out, "{number}\t{}", made(&mut random)).unwrap();
            }
        }
        return;
    }
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap();
        let (number, hex) = line.split_once('\t').unwrap();
        let bytes: Vec<u8> = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[at * 2..at * 2 + 2], 16).unwrap()).collect();
        let (again, _) = types::TYPES[number.parse::<usize>().unwrap()];
        writeln!(out, "{number}\t{}", again(&bytes)).unwrap();
    }
}
