//! Kubernetes quantities, such as `500m`, `4Gi` and `1e3`: read, compared, added up and written.
//!
//! The grammar is that of [resource quantities]: a decimal number with a binary (`Ki` … `Ei`) or decimal (`n` … `E`)
//! suffix or an exponent. Values are exact to a billionth; what is finer is rounded away from zero, as the API server does.
//!
//! [resource quantities]: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, Sub};
use std::str::FromStr;

use serde_json::Value;

/// An amount: of cores, bytes or things. Arithmetic saturates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Quantity {
    /// Billionths.
    nanos: i128,
}

/// Why a text is no quantity.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no quantity: write a number with a suffix, for example 500m, 2 or 4Gi")]
pub struct QuantityError(pub String);

const ONE: i128 = 1_000_000_000;

const BINARY: [(&str, i128); 6] =
    [("Ei", 1 << 60), ("Pi", 1 << 50), ("Ti", 1 << 40), ("Gi", 1 << 30), ("Mi", 1 << 20), ("Ki", 1 << 10)];

/// The powers of ten of the decimal suffixes.
const DECIMAL: [(&str, i32); 10] =
    [("E", 18), ("P", 15), ("T", 12), ("G", 9), ("M", 6), ("k", 3), ("", 0), ("m", -3), ("u", -6), ("n", -9)];

impl Quantity {
    pub const ZERO: Self = Self { nanos: 0 };

    /// This many whole units.
    pub fn units(units: i64) -> Self {
        Self { nanos: i128::from(units) * ONE }
    }

    /// A JSON string or number as a quantity; `None` where it is neither or no quantity.
    pub fn of(value: &Value) -> Option<Self> {
        match value {
            Value::String(text) => text.parse().ok(),
            Value::Number(number) => number.to_string().parse().ok(),
            _ => None,
        }
    }

    /// As often as `count`, for example one pod's request for all replicas.
    #[must_use]
    pub fn times(self, count: u32) -> Self {
        Self { nanos: self.nanos.saturating_mul(i128::from(count)) }
    }

    /// Units, for drawing.
    pub fn as_f64(self) -> f64 {
        self.nanos as f64 / ONE as f64
    }

    /// The share of `whole` that this is, for drawing; 0 of nothing.
    pub fn share_of(self, whole: Self) -> f64 {
        if whole.nanos == 0 { 0.0 } else { self.nanos as f64 / whole.nanos as f64 }
    }

    /// Exactly, with the largest decimal suffix that leaves a whole number: `500m`, `2`, `3k`.
    pub fn decimal(self) -> String {
        let unit = |power: i32| 10_i128.pow((power + 9).unsigned_abs());
        let (suffix, power) =
            DECIMAL.into_iter().find(|(_, power)| self.nanos % unit(*power) == 0).unwrap_or(("n", -9));
        if self.nanos == 0 { "0".to_owned() } else { format!("{}{suffix}", self.nanos / unit(power)) }
    }

    /// Exactly, with the largest binary suffix that leaves a whole number: `4Gi`, `1536Mi`; else as [`Self::decimal`].
    pub fn binary(self) -> String {
        let suffix = BINARY.into_iter().find(|(_, unit)| self.nanos % (unit * ONE) == 0);
        match suffix {
            Some((suffix, unit)) if self.nanos != 0 => format!("{}{suffix}", self.nanos / (unit * ONE)),
            _ => self.decimal(),
        }
    }

    /// For people: cores to two decimals, `3.25`.
    pub fn cores(self) -> String {
        rounded(self.nanos, ONE)
    }

    /// For people: bytes to two decimals of the largest binary unit that fits, `3.25Gi`.
    pub fn bytes(self) -> String {
        let fits = BINARY.into_iter().find(|(_, unit)| self.nanos.saturating_abs() >= unit * ONE);
        let (suffix, unit) = fits.unwrap_or(("", 1));
        format!("{}{suffix}", rounded(self.nanos, unit * ONE))
    }
}

/// `nanos` in `unit`s to two decimals, without zeros at the end.
fn rounded(nanos: i128, unit: i128) -> String {
    let hundredths = nanos.saturating_abs().saturating_mul(200).saturating_add(unit) / (unit * 2);
    let sign = if nanos < 0 && hundredths != 0 { "-" } else { "" };
    let (whole, rest) = (hundredths / 100, hundredths % 100);
    let text = format!("{sign}{whole}.{rest:02}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

impl FromStr for Quantity {
    type Err = QuantityError;

    fn from_str(text: &str) -> Result<Self, QuantityError> {
        parse(text).ok_or_else(|| QuantityError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Quantity> {
    let (negative, rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
    let (number, suffix) = rest.split_at(end);
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if fraction.contains('.') || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let (factor, power) = unit(suffix)?;
    // digits × factor × 10^(power - places), in billionths.
    let fraction = fraction.trim_end_matches('0');
    let mut amount: i128 = 0;
    for digit in whole.bytes().chain(fraction.bytes()) {
        amount = amount.saturating_mul(10).saturating_add(i128::from(digit - b'0'));
    }
    amount = amount.saturating_mul(factor);
    let places = i32::try_from(fraction.len()).ok()?;
    let shift = power.saturating_add(9).saturating_sub(places);
    for _ in 0..shift.clamp(0, 40) {
        amount = amount.saturating_mul(10);
    }
    let mut inexact = false;
    for _ in 0..shift.saturating_neg().clamp(0, 40) {
        inexact |= amount % 10 != 0;
        amount /= 10;
    }
    amount = amount.saturating_add(i128::from(inexact));
    Some(Quantity { nanos: if negative { -amount } else { amount } })
}

/// A suffix's factor and power of ten.
fn unit(suffix: &str) -> Option<(i128, i32)> {
    let of = |name: &str| name == suffix;
    if let Some((_, factor)) = BINARY.into_iter().find(|(name, _)| of(name)) {
        return Some((factor, 0));
    }
    if let Some((_, power)) = DECIMAL.into_iter().find(|(name, _)| of(name)) {
        return Some((1, power));
    }
    let exponent = suffix.strip_prefix(['e', 'E'])?;
    exponent.parse().ok().map(|power| (1, power))
}

/// Exactly, in the suffixes that suit the value: binary for whole multiples of 1 Ki, else decimal.
impl fmt::Display for Quantity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.binary())
    }
}

impl Add for Quantity {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_add(other.nanos) }
    }
}

impl Sub for Quantity {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self { nanos: self.nanos.saturating_sub(other.nanos) }
    }
}

impl Sum for Quantity {
    fn sum<I: Iterator<Item = Self>>(all: I) -> Self {
        all.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn q(text: &str) -> Quantity {
        text.parse().unwrap()
    }

    #[test]
    fn reads_and_writes_what_kubernetes_does() {
        let check = |text: &str, nanos: i128, decimal: &str, binary: &str| {
            let quantity = q(text);
            assert_eq!(
                (quantity.nanos, quantity.decimal().as_str(), quantity.binary().as_str()),
                (nanos, decimal, binary),
                "{text}"
            );
        };
        check("0", 0, "0", "0");
        check("500m", ONE / 2, "500m", "500m");
        check("0.5", ONE / 2, "500m", "500m");
        check(".5", ONE / 2, "500m", "500m");
        check("+2.", 2 * ONE, "2", "2");
        check("-1.5", -3 * ONE / 2, "-1500m", "-1500m");
        check("4Gi", (4 << 30) * ONE, "4294967296", "4Gi");
        check("1.5Gi", (3 << 29) * ONE, "1610612736", "1536Mi");
        check("1e3", 1000 * ONE, "1k", "1k");
        check("12E-1", 12 * ONE / 10, "1200m", "1200m");
        check("2E", 2 * 10_i128.pow(18) * ONE, "2E", "1953125000000000Ki");
        check("0.0000000001", 1, "1n", "1n");
        check("-0.0000000011", -2, "-2n", "-2n");
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", ".", "m", "1.1.1", "1 Gi", " 1", "1gi", "1KI", "one", "1e", "--1", "1e1.5", "0x1"] {
            assert!(text.parse::<Quantity>().is_err(), "{text}");
        }
        assert_eq!(Quantity::of(&json!(2)), Some(Quantity::units(2)));
        assert_eq!(Quantity::of(&json!(0.25)), Some(q("250m")));
        assert_eq!(Quantity::of(&json!(true)), None);
    }

    #[test]
    fn people_read_two_decimals() {
        let check = |text: &str, cores: &str, bytes: &str| {
            assert_eq!((q(text).cores().as_str(), q(text).bytes().as_str()), (cores, bytes), "{text}");
        };
        check("0", "0", "0");
        check("3250m", "3.25", "3.25");
        check("1.996", "2", "2");
        check("-0.001", "0", "0");
        check("4Gi", "4294967296", "4Gi");
        check("3500Mi", "3670016000", "3.42Gi");
    }

    #[test]
    fn counts() {
        assert_eq!(q("500m").times(3) + q("1"), q("2.5"));
        assert_eq!([q("1Gi"), q("1Gi")].into_iter().sum::<Quantity>() - q("512Mi"), q("1.5Gi"));
        assert_eq!(q("1").share_of(q("4")), 0.25);
        assert_eq!(q("1").share_of(Quantity::ZERO), 0.0);
        assert!(q("1000m") == q("1") && q("1G") < q("1Gi"));
    }

    proptest! {
        #[test]
        fn written_exactly_and_read_back(nanos in -(1_i128 << 90)..(1_i128 << 90)) {
            let quantity = Quantity { nanos };
            prop_assert_eq!(q(&quantity.decimal()), quantity);
            prop_assert_eq!(q(&quantity.binary()), quantity);
        }

        #[test]
        fn no_text_breaks_it(text in "[-+]?[0-9.]{0,45}([eE][-+]?[0-9]{0,12}|[numkMGTPEi]{0,2})") {
            if let Ok(quantity) = text.parse::<Quantity>() {
                let _ = (quantity.cores(), quantity.bytes(), quantity.times(7) + quantity);
            }
        }
    }
}
