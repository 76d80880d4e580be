//! Any bytes: parsing neither panics nor hangs, and what is accepted keeps every promise.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hearth_gguf::oracle::check_bytes(bytes));
