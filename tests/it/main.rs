//! Stories.

mod example;
