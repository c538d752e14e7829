//! The kernel, law by law.
