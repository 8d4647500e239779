//! The only crate that opens evidence: `intake` seals it, `volumes` puts cut files together, `extract` reads it.
//!
//! Nothing here writes, decodes to disk, asks the network or guesses what a value means: extraction gives text and
//! tables with their places, detection says what they are. Every input is taken for hostile; what cannot be read is
//! said, with a reason.
#![allow(clippy::disallowed_methods, reason = "this is the one crate that may open evidence, and only for reading")]

pub mod intake;

pub mod extract;
pub mod rows;
pub mod volumes;
