//! The reports of one synthetic case, as text.

mod explain;
mod exports;
mod fixture;
mod html;
mod json;
mod summary;
