//! The memory of the program: whatever it points to is checked, and a pointer out of bounds is `fault`.

use std::ops::Range;

use super::types::{Answer, Errno};

/// Buffers in one list of them at most, as `IOV_MAX` is elsewhere.
const MAX_BUFFERS: u32 = 1024;

/// Bytes in a path at most, as `PATH_MAX` is elsewhere.
const MAX_PATH: u32 = 4096;

/// The bytes of the exported memory; none if there is no such export.
pub(super) struct Memory<'a>(pub(super) &'a mut [u8]);

impl Memory<'_> {
    /// Where so many bytes are, if they are all there.
    pub(super) fn range(&self, at: u32, len: u32) -> Answer<Range<usize>> {
        let (at, len) = (at as usize, len as usize);
        let end = at.checked_add(len).filter(|end| *end <= self.0.len()).ok_or(Errno::Fault)?;
        Ok(at..end)
    }

    /// Bytes to read.
    pub(super) fn bytes(&self, at: u32, len: u32) -> Answer<&[u8]> {
        Ok(&self.0[self.range(at, len)?])
    }

    /// Bytes to write.
    pub(super) fn bytes_mut(&mut self, at: u32, len: u32) -> Answer<&mut [u8]> {
        let range = self.range(at, len)?;
        Ok(&mut self.0[range])
    }

    fn array<const N: usize>(&self, at: u32) -> Answer<[u8; N]> {
        Ok(self.bytes(at, N as u32)?.try_into().expect("as many as asked for"))
    }

    /// A number of 16 bits.
    pub(super) fn u16(&self, at: u32) -> Answer<u16> {
        self.array(at).map(u16::from_le_bytes)
    }

    /// A number of 32 bits.
    pub(super) fn u32(&self, at: u32) -> Answer<u32> {
        self.array(at).map(u32::from_le_bytes)
    }

    /// A number of 64 bits.
    pub(super) fn u64(&self, at: u32) -> Answer<u64> {
        self.array(at).map(u64::from_le_bytes)
    }

    /// Writes bytes.
    pub(super) fn put(&mut self, at: u32, bytes: &[u8]) -> Answer {
        let len = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
        self.bytes_mut(at, len)?.copy_from_slice(bytes);
        Ok(())
    }

    /// A path, or another text.
    pub(super) fn path(&self, at: u32, len: u32) -> Answer<String> {
        let bytes = self.bytes(at, len)?;
        if len > MAX_PATH {
            return Err(Errno::Nametoolong);
        }
        match std::str::from_utf8(bytes) {
            Ok(path) if path.contains('\0') => Err(Errno::Inval),
            Ok(path) => Ok(path.to_owned()),
            Err(_) => Err(Errno::Ilseq),
        }
    }

    /// The buffers of an `iovec_array` or `ciovec_array`, all of them in bounds, in order, and of 4 GiB at most
    /// together.
    pub(super) fn buffers(&self, at: u32, count: u32) -> Answer<Vec<Range<usize>>> {
        if count > MAX_BUFFERS {
            return Err(Errno::Inval);
        }
        self.range(at, count * 8)?;
        let buffer = |i: u32| self.range(self.u32(at + i * 8)?, self.u32(at + i * 8 + 4)?);
        let buffers: Vec<_> = (0..count).map(buffer).collect::<Answer<_>>()?;
        let total: usize = buffers.iter().map(Range::len).sum();
        u32::try_from(total).map_err(|_| Errno::Inval)?;
        Ok(buffers)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_out_of_bounds_is_reached() {
        let mut bytes = [7; 16];
        let mut memory = Memory(&mut bytes);
        assert_eq!(memory.range(0, 16), Ok(0..16));
        assert_eq!(memory.range(16, 0), Ok(16..16));
        for (at, len) in [(0, 17), (16, 1), (17, 0), (u32::MAX, 1), (u32::MAX, u32::MAX), (1, u32::MAX)] {
            assert_eq!(memory.range(at, len), Err(Errno::Fault), "{at} {len}");
        }
        assert_eq!(memory.u64(8), Ok(0x0707_0707_0707_0707));
        assert_eq!(
            (memory.u16(15), memory.u32(13), memory.u64(9)),
            (Err(Errno::Fault), Err(Errno::Fault), Err(Errno::Fault))
        );
        assert_eq!(memory.put(14, &[1, 2, 3]), Err(Errno::Fault));
        assert_eq!(bytes, [7; 16], "not even in part");
    }

    #[test]
    fn paths_are_texts_without_a_nul() {
        let mut bytes = *b"ab\0\xff";
        let memory = Memory(&mut bytes);
        assert_eq!(memory.path(0, 2).as_deref(), Ok("ab"));
        assert_eq!(memory.path(0, 3), Err(Errno::Inval));
        assert_eq!(memory.path(3, 1), Err(Errno::Ilseq));
        assert_eq!(memory.path(0, 5), Err(Errno::Fault));
        assert_eq!(Memory(&mut [b'a'; 5000]).path(0, 4097), Err(Errno::Nametoolong));
    }

    #[test]
    fn lists_of_buffers_are_checked_as_a_whole() {
        let mut bytes = [0; 32];
        bytes[..16].copy_from_slice(&[16, 0, 0, 0, 4, 0, 0, 0, 30, 0, 0, 0, 2, 0, 0, 0]);
        let memory = Memory(&mut bytes);
        assert_eq!(memory.buffers(0, 2), Ok(vec![16..20, 30..32]));
        assert_eq!(memory.buffers(0, 0), Ok(vec![]));
        memory.0[12] = 3;
        assert_eq!(memory.buffers(0, 2), Err(Errno::Fault));
        assert_eq!(memory.buffers(24, 2), Err(Errno::Fault));
        assert_eq!(memory.buffers(u32::MAX, 1), Err(Errno::Fault));
        assert_eq!(memory.buffers(0, 1025), Err(Errno::Inval));
    }
}
