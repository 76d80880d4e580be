//! Any output of a model: events do not depend on the pieces, and complete calls have JSON arguments.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hearth_text::oracle::check_output(bytes));
