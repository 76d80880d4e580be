//! The program as people and scripts meet it: its output, its files, its failures.

mod chat;
mod embed;
mod failures;
mod fixture;
mod generate;
mod http;
mod inspect;
mod memory;
mod parse;
mod perplexity;
mod process;
mod quantize;
mod self_test;
mod serve;
mod session;
mod speculation;
mod supported;
mod synth;
mod template;
mod tokenize;
