//! Mentions in, people out, as text; the shape of every scenario is in `text`.

mod frozen;
mod measure;
mod people;
mod properties;
mod rule_file;
mod text;
mod untouched;
