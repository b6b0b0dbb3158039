//! `cargo xtask bench heap`.

pub(crate) fn heap() -> Result<(), String> {
    Err("bench".to_owned())
}
