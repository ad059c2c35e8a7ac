//! How a node is named to clients (`cluster-preferred-endpoint-type`).

/// What MOVED, ASK and CLUSTER SLOTS call a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Endpoint {
    /// By its address.
    #[default]
    Ip,
    /// By its host name; `?` if it announced none.
    Hostname,
    /// Not at all: clients use the address that they reached this node by.
    Unknown,
}

impl Endpoint {
    const ALL: [Self; 3] = [Self::Ip, Self::Hostname, Self::Unknown];

    /// The word of the option.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Ip => "ip",
            Self::Hostname => "hostname",
            Self::Unknown => "unknown-endpoint",
        }
    }

    /// What a word of the option means.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|endpoint| endpoint.word() == word)
    }
}
