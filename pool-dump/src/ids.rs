//! Ids and units as they stand on the wire. A reader maps them to ids of its own tables.

macro_rules! wire_id {
    ($(#[$doc:meta])* $name:ident($inner:ty)) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub $inner);

        impl core::fmt::Debug for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
    };
}

wire_id! {
    /// A pool of the process. Never reused while the process lives.
    PoolId(u32)
}
wire_id! {
    /// A pooled object. Unique in the process and never reused; 0 stands for none (events of a whole pool).
    ObjectId(u64)
}
wire_id! {
    /// A thread of the process, numbered by the recorder in the order of first use. Not the system's number.
    ThreadId(u32)
}
wire_id! {
    /// A string of the table; 0 is the empty string and is never written.
    StringId(u32)
}
wire_id! {
    /// A frame of the table; 0 is none.
    FrameId(u32)
}
wire_id! {
    /// A stack of the table; 0 is none.
    StackId(u32)
}
wire_id! {
    /// How often an object was handed out, this time included: the first get is 1. It orders the events of one object
    /// where the clocks of two threads disagree.
    Generation(u32)
}
wire_id! {
    /// Nanoseconds on the process's monotonic clock, whose zero is arbitrary.
    Nanos(u64)
}
wire_id! {
    /// Nanoseconds since 1970-01-01 UTC on the system's wall clock.
    WallNanos(i64)
}
