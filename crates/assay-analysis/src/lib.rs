//! Pure analysis: takes values of the model and rules as text, gives values of the model.
//!
//! It opens no file, looks at no clock and draws no number that the case's seed does not fix. In the order of a case:
//! what was claimed ([`claims`]), what is read first ([`order`]), what personal data is there ([`detect`]), which items say the same ([`alike`]), how many people that is ([`resolve`]),
//! which numbers count one person and are never shown as one ([`restricted`]), what harms first ([`harm`]),
//! which statements hold ([`verify`]), how they got in ([`gateway`]) and what is owed ([`duties`]).

pub mod alike;
pub mod claims;
pub mod detect;
pub mod duties;
pub mod gateway;
pub mod harm;
pub mod order;
pub mod recall;
pub mod reference;
pub mod resolve;
pub mod restricted;
pub mod review;
pub mod verify;

mod words;
