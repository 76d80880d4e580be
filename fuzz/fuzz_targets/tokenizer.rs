//! Any bytes as a vocabulary and a text: encoding and decoding neither panic nor hang, and ids are in range.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hearth_text::oracle::check_tokenizer(bytes));
