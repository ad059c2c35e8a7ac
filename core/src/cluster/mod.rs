//! What one node believes of the cluster: its peers, who owns which slot, and the text it keeps of
//! that on disk. No rule is here: `protocol` decides what to believe, `node` acts on it.

mod check;
pub mod nodes_conf;
mod nodes_conf_parse;
mod owners;
mod peer;
mod view;

pub use nodes_conf::{ConfError, NodeLine, NodesConf, OpenSlot};
pub use owners::SlotOwners;
pub use peer::{Peer, PeerIx, PeerNames, Report};
pub use view::ClusterView;
