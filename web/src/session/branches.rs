//! Lines of time: who acts in the past starts a branch, and the run that was left stays where it is.

/// A branch's place in the tree.
pub type BranchIx = usize;

/// More than these are not kept: the oldest that nobody stands on goes.
const MOST: usize = 24;

/// What made a branch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A script that was opened.
    Opened,
    /// Something was done to nodes.
    Act,
    /// A rule was changed.
    Rule(String),
    /// A key of `set` was changed.
    Setting(String),
    /// Another seed.
    Seed,
    /// The script was edited.
    Typed,
}

impl Change {
    /// Whether a second one in a row is the same wish, said better.
    fn goes_on(&self, next: &Self) -> bool {
        self == next && !matches!(self, Self::Opened | Self::Act)
    }
}

/// One line of time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Branch {
    /// Its script.
    pub text: String,
    /// The one it left.
    pub parent: Option<BranchIx>,
    /// When it differs first from the one it left, in microseconds.
    pub left: u64,
    /// What was done.
    pub what: String,
    /// Where the cursor stood last.
    pub now: u64,
    /// When it ends.
    pub end: u64,
    /// How much does not hold in it.
    pub breaches: usize,
    change: Change,
}

/// All of them, and where one stands.
#[derive(Clone, Debug)]
pub struct Branches {
    all: Vec<Branch>,
    here: BranchIx,
}

/// A branch to be.
pub struct Next {
    /// Its script.
    pub text: String,
    /// When it differs first from this one.
    pub left: u64,
    /// When it ends.
    pub end: u64,
    /// How much does not hold in it.
    pub breaches: usize,
}

impl Branches {
    /// One line.
    pub fn new(first: Next) -> Self {
        Self { all: vec![first.branch(None, Change::Opened, String::new())], here: 0 }
    }

    /// All of them; a child stands behind its parent.
    pub fn all(&self) -> &[Branch] {
        &self.all
    }

    /// Where one stands.
    pub fn here(&self) -> BranchIx {
        self.here
    }

    /// The branch with this script.
    pub fn find(&self, text: &str) -> Option<BranchIx> {
        self.all.iter().position(|branch| branch.text == text)
    }

    /// The one that this one left.
    pub fn parent(&self) -> Option<BranchIx> {
        self.all[self.here].parent
    }

    /// Stands on a branch; the one that is left remembers the cursor.
    pub fn go(&mut self, to: BranchIx, now: u64) {
        self.all[self.here].now = now;
        self.here = to.min(self.all.len() - 1);
    }

    /// Grows a branch where one stands, and stands on it.
    pub fn grow(&mut self, next: Next, change: Change, what: String, now: u64) {
        self.all[self.here].now = now;
        let here = &self.all[self.here];
        let leaf = self.all.iter().all(|branch| branch.parent != Some(self.here));
        if leaf && here.parent.is_some() && here.change.goes_on(&change) {
            let parent = here.parent;
            self.all[self.here] = next.branch(parent, change, what);
            return;
        }
        self.all.push(next.branch(Some(self.here), change, what));
        self.here = self.all.len() - 1;
        if self.all.len() > MOST {
            self.prune();
        }
    }

    /// The branches that came of the script that was opened last on the way here, with their depths.
    pub fn family(&self) -> Vec<(BranchIx, usize)> {
        let mut root = self.here;
        while let Some(parent) = self.all[root].parent.filter(|_| self.all[root].change != Change::Opened) {
            root = parent;
        }
        let mut family = Vec::new();
        self.descend(root, 0, &mut family);
        family
    }

    fn descend(&self, at: BranchIx, depth: usize, into: &mut Vec<(BranchIx, usize)>) {
        into.push((at, depth));
        let mine = |branch: &Branch| branch.parent == Some(at) && branch.change != Change::Opened;
        for child in (at + 1..self.all.len()).filter(|child| mine(&self.all[*child])) {
            self.descend(child, depth + 1, into);
        }
    }

    /// Takes away the oldest line that nobody stands on and none has left; its parent takes its place at the root.
    fn prune(&mut self) {
        let kept = |at: BranchIx| at == self.here || self.all.iter().any(|branch| branch.parent == Some(at));
        let oldest = (0..self.all.len()).find(|at| !kept(*at)).unwrap_or(0);
        let parent = self.all[oldest].parent;
        self.all.remove(oldest);
        for branch in &mut self.all {
            branch.parent = match branch.parent {
                Some(its) if its == oldest => parent,
                Some(its) if its > oldest => Some(its - 1),
                its => its,
            };
        }
        if self.here > oldest {
            self.here -= 1;
        }
    }
}

impl Next {
    fn branch(self, parent: Option<BranchIx>, change: Change, what: String) -> Branch {
        let Self { text, left, end, breaches } = self;
        Branch { text, parent, left, what, now: left, end, breaches, change }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(text: &str) -> Next {
        Next { text: text.to_owned(), left: 1, end: 9, breaches: 0 }
    }

    fn act(branches: &mut Branches, text: &str) {
        branches.grow(next(text), Change::Act, text.to_owned(), 5);
    }

    fn shape(branches: &Branches) -> String {
        let one =
            |(at, depth): (BranchIx, usize)| format!("{}{}", "-".repeat(depth), branches.all()[at].text);
        branches.family().into_iter().map(one).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn acting_in_the_past_keeps_what_was() {
        let mut branches = Branches::new(next("a"));
        act(&mut branches, "b");
        act(&mut branches, "c");
        branches.go(0, 7);
        act(&mut branches, "d");
        assert_eq!(shape(&branches), "a -b --c -d");
        assert_eq!((branches.here(), branches.parent()), (3, Some(0)));
        assert_eq!((branches.find("c"), branches.all()[2].now), (Some(2), 7));
    }

    #[test]
    fn seeds_tried_one_after_the_other_are_one_branch() {
        let mut branches = Branches::new(next("a"));
        for seed in ["s1", "s2", "s3"] {
            branches.grow(next(seed), Change::Seed, seed.to_owned(), 0);
        }
        assert_eq!(shape(&branches), "a -s3");
        branches.grow(next("r"), Change::Rule("nack".to_owned()), String::new(), 0);
        branches.grow(next("r2"), Change::Rule("fast".to_owned()), String::new(), 0);
        assert_eq!(shape(&branches), "a -s3 --r ---r2");
    }

    #[test]
    fn another_script_is_another_family_and_can_be_left_again() {
        let mut branches = Branches::new(next("a"));
        act(&mut branches, "b");
        branches.grow(next("z"), Change::Opened, String::new(), 0);
        assert_eq!((shape(&branches).as_str(), branches.parent()), ("z", Some(1)));
        branches.go(1, 0);
        assert_eq!(shape(&branches), "a -b");
    }

    #[test]
    fn the_oldest_leaf_makes_room() {
        let mut branches = Branches::new(next("a"));
        for at in 0..MOST + 3 {
            branches.go(0, 0);
            act(&mut branches, &at.to_string());
        }
        assert_eq!(branches.all().len(), MOST);
        assert_eq!(branches.all()[0].text, "a");
        assert_eq!(branches.all()[branches.here()].text, (MOST + 2).to_string());
        // A line without forks gives up its beginning.
        let mut line = Branches::new(next("a"));
        (0..MOST + 3).for_each(|at| act(&mut line, &at.to_string()));
        assert_eq!((line.all().len(), line.all()[0].parent), (MOST, None));
        assert_eq!(shape(&line).split(' ').count(), MOST);
    }
}
