//! Chance, as good as the browser has it.

/// Fills `bytes` with random ones that nobody can guess. Gives whether the browser could.
#[must_use]
pub fn fill(bytes: &mut [u8]) -> bool {
    super::window().crypto().is_ok_and(|it| it.get_random_values_with_u8_array(bytes).is_ok())
}
