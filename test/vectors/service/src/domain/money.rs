use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

pub const PLACES: usize = 2;
type Cents = i64;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Money {
    pub cents: Cents,
    pub currency: [char; PLACES + 1],
    #[serde(with = "rust_decimal::serde::str")]
    pub rate: Decimal,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Iban {
    country: String,
    rest: String,
}

impl Iban {
    pub fn new(country: &str, rest: &str) -> Self {
        Self {
            country: country.to_owned(),
            rest: rest.to_owned(),
        }
    }
}

impl From<Iban> for String {
    fn from(iban: Iban) -> Self {
        iban.country + &iban.rest
    }
}

impl TryFrom<String> for Iban {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        let (country, rest) = text.split_at_checked(2).ok_or("too short")?;
        Ok(Self::new(country, rest))
    }
}
