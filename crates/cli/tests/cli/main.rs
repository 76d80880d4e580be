//! The program as people and scripts meet it: its output, its files, its failures.

mod chat;
mod failures;
mod fixture;
mod generate;
mod http;
mod inspect;
mod memory;
mod process;
mod serve;
mod template;
mod tokenize;
