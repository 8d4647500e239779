//! The binary as its user runs it: exit codes, files, messages.
#![allow(clippy::disallowed_methods, reason = "tests look at what the program wrote")]

mod alike;
mod case_files;
mod demo_case;
mod grounds;
mod passwords;
mod recognition;
mod restricted;
mod resume;
mod review;
mod run_by_hand;
mod sample;
mod urgent;
mod volumes;
