//! Prints values of the generated types: the number of the case, bincode 1.3 as hex, and serde_json's text.
#![allow(warnings)]
// rustc accepts some ambiguous names by mistake, and says that it will refuse them.
#![deny(ambiguous_glob_imports)]

mod cases;

use std::collections::BTreeMap;

/// Makes random values of the types that the names of a case refer to.
pub trait Make {
    fn make(random: &mut Random) -> Self;
}

pub struct Random(u64);

impl Random {
    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

macro_rules! numbers {
    ($($it:ty),*) => { $(impl Make for $it {
        fn make(random: &mut Random) -> Self { random.next() as $it }
    })* };
}
numbers!(u8, u16, u32, u64, i8, i16, i32, i64);

impl Make for bool {
    fn make(random: &mut Random) -> Self {
        random.next() % 2 == 0
    }
}

impl Make for String {
    fn make(random: &mut Random) -> Self {
        format!("t{}", random.next() % 1000)
    }
}

impl Make for std::time::Duration {
    fn make(random: &mut Random) -> Self {
        std::time::Duration::new(random.next() % 100_000, 7)
    }
}

impl Make for chrono::NaiveDate {
    fn make(random: &mut Random) -> Self {
        chrono::NaiveDate::from_ymd_opt(2020 + (random.next() % 9) as i32, 2, 3).unwrap()
    }
}

impl<T: Make> Make for Option<T> {
    fn make(random: &mut Random) -> Self {
        if random.next() % 3 == 0 { None } else { Some(T::make(random)) }
    }
}

impl<T: Make> Make for Vec<T> {
    fn make(random: &mut Random) -> Self {
        (0..random.next() % 3).map(|_| T::make(random)).collect()
    }
}

impl<T: Make> Make for Box<T> {
    fn make(random: &mut Random) -> Self {
        Box::new(T::make(random))
    }
}

impl<T: Make, const N: usize> Make for [T; N] {
    fn make(random: &mut Random) -> Self {
        std::array::from_fn(|_| T::make(random))
    }
}

impl<A: Make, B: Make> Make for (A, B) {
    fn make(random: &mut Random) -> Self {
        (A::make(random), B::make(random))
    }
}

impl<K: Make + Ord, V: Make> Make for BTreeMap<K, V> {
    fn make(random: &mut Random) -> Self {
        (0..random.next() % 3).map(|_| (K::make(random), V::make(random))).collect()
    }
}

pub fn print<T: Make + serde::Serialize>(case: u32) {
    let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (u64::from(case) << 20));
    for _ in 0..4 {
        let value = T::make(&mut random);
        let bytes = bincode::serialize(&value).unwrap();
        let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        println!("{case}\t{hex}\t{}", serde_json::to_string(&value).unwrap());
    }
}

fn main() {
    cases::print_all();
}
