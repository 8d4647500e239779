//! The engine room: where evidence meets analysis.
//!
//! A **unit** (an item, or a range of a container's members) is read by a **worker** process, which answers in **frames**; the
//! parent checks them against the one schema of [`wire`] and hands the rows to whoever stores them. This crate writes no
//! file and keeps no state between units but a worker's last opened container.

pub mod frame;
pub mod wire;
