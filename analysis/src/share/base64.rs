//! Base64 with the letters that may stand in an address, without padding (RFC 4648, section 5).

use base64::Engine;
use base64::alphabet::URL_SAFE;
use base64::engine::GeneralPurpose;
use base64::engine::general_purpose::NO_PAD;

/// What the last letter says beyond the last byte is left alone: damage is the checksum's to find.
const LETTERS: GeneralPurpose = GeneralPurpose::new(&URL_SAFE, NO_PAD.with_decode_allow_trailing_bits(true));

/// As text.
pub(super) fn encoded(bytes: &[u8]) -> String {
    LETTERS.encode(bytes)
}

/// Back; `None` for what [`encoded`] does not make.
pub(super) fn decoded(text: &str) -> Option<Vec<u8>> {
    LETTERS.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_encoded_comes_back() {
        for length in 0..70_u8 {
            let bytes: Vec<u8> = (0..length).map(|byte| byte.wrapping_mul(37) ^ 0xa5).collect();
            assert_eq!(decoded(&encoded(&bytes)), Some(bytes));
        }
        // RFC 4648, section 10, without padding.
        assert_eq!(encoded(b"foobar"), "Zm9vYmFy");
        assert_eq!(encoded(b"foob"), "Zm9vYg");
        assert_eq!(decoded("a"), None);
        assert_eq!(decoded("a+b="), None);
    }
}
