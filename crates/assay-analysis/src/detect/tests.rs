//! Text in, mentions out.
