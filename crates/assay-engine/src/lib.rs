//! The engine room: where evidence meets analysis.
//!
//! A [`unit`] (an item, or a range of a container's members) is read by a [`worker`] process with the unit function
//! ([`work`]), which answers in [`frame`]s; the parent's [`pool`] checks them against the one schema of [`wire`] and hands the
//! rows to whoever stores them. This crate writes no file and keeps no state between units but a worker's last opened
//! container.

pub mod frame;
pub mod jail;
pub mod pool;
pub mod tool;
pub mod unit;
pub mod wire;
pub mod work;
pub mod worker;

mod answer;
mod channel;
mod likeness;
mod passwords;
mod recognition;
mod settings;
mod waiting;

pub use answer::Answer;
pub use passwords::Passwords;
pub use settings::fingerprint;
