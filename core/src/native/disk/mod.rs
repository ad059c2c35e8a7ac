//! What must survive the process, and the lock that keeps a second process out.

mod conf_file;
mod lock;
mod replace;

pub use conf_file::ConfFile;
pub use lock::Lock;
pub use replace::{nameless, replace, sweep, sync_folder_of};
