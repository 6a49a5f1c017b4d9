//! Strong values, made from random bytes that the caller brings.

/// What a generated value is made of: letters and digits, so that it stands unquoted in shells, URLs, YAML and
/// connection strings alike.
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Characters of a generated value: 32 of 62 kinds are 190 bits.
pub const LENGTH: usize = 32;

/// Bytes to bring for a value: four times as many as are used on average to be sure that enough pass.
pub const RANDOM_BYTES: usize = 128;

/// A value of [`LENGTH`] characters. Each byte chooses a character with equal chances: those that would favour the first
/// ones are passed over. `None` where too few bytes are left, which for [`RANDOM_BYTES`] random ones never happens.
pub fn value(random: &[u8]) -> Option<String> {
    let fair = 256 / ALPHABET.len() * ALPHABET.len();
    let chosen = random.iter().map(|&byte| usize::from(byte)).filter(|&byte| byte < fair);
    let text: String = chosen.take(LENGTH).map(|byte| char::from(ALPHABET[byte % ALPHABET.len()])).collect();
    (text.len() == LENGTH).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_character_has_the_same_chance() {
        let mut counts = [0; 62];
        for byte in 0..=255_u8 {
            if let Some(text) = value(&[byte; LENGTH]) {
                let at = ALPHABET.iter().position(|&c| c == text.as_bytes()[0]).unwrap();
                counts[at] += 1;
            }
        }
        assert_eq!(counts, [4; 62]);
    }

    #[test]
    fn too_little_chance_makes_no_value() {
        assert_eq!(value(&[1; LENGTH - 1]), None);
        assert_eq!(value(&[255; RANDOM_BYTES]), None);
        assert_eq!(value(&[0; RANDOM_BYTES]).as_deref(), Some("A".repeat(LENGTH).as_str()));
    }
}
