//! Numbers as people write them.

use serde_json::Value;

/// A number in figures, a whole one without a fraction.
///
/// Not by the `{}` of floats, whose code would be 14 KB of the WASM: JSON brings such code already.
pub fn number(number: f64) -> String {
    // Above that, whole numbers are no longer exact.
    let exact = 9e15;
    if number.fract() == 0.0 && number.abs() < exact {
        (number as i64).to_string()
    } else {
        Value::from(number).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_have_no_fraction() {
        for (given, expect) in
            [(3.0, "3"), (-2.0, "-2"), (0.0, "0"), (0.5, "0.5"), (1.25, "1.25"), (1e300, "1e+300")]
        {
            assert_eq!(number(given), expect);
        }
    }
}
