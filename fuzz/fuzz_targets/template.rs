//! Any text as a chat template: it renders or is an error, within its fuel.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| hearth_text::oracle::check_template(bytes));
