//! Any bytes as the blocks of a weight: reading them and computing with them keeps every promise.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hearth_kernels::oracle::check_bytes(bytes));
