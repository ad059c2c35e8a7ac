//! What must survive the process, and the lock that keeps a second process out.

mod conf_file;
mod lock;

pub use conf_file::ConfFile;
pub use lock::Lock;
