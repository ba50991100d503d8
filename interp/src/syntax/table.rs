//! The instructions (2.4), one row each. Every other list of instructions in the project derives from these rows:
//! the syntax itself, its text, decoding, dispatch, trap conditions.
//!
//! A row reads
//!
//! ```text
//! [opcode] "mnemonic" Name { their_field as ours: Type, … } family(arguments);
//! ```
//!
//! - *opcode*: the bytes of the binary format (5.4), prefix first;
//! - *Name*: the variant of [`Instr`](super::Instr), named as in wasmparser's `Operator`;
//! - the immediates, in the order of the standard's syntax: wasmparser's name for each, ours (the standard's letter),
//!   and the type in our syntax;
//! - *family(arguments)*: the reduction that executes it, one function in `exec/` for each family. For the numeric
//!   families the last argument is the function of chapter 4.3 in `num/`. Families whose name begins with `partial_`
//!   can trap.
//!
//! To add an instruction: one row here, and one function in `num/` or `exec/`.

/// Calls the macro `$then` with all rows.
macro_rules! for_each_instruction {
    ($then:ident $($extra:tt)*) => {
        $then! { $($extra)*
            // Control instructions (2.4.1). `else` and `end` delimit blocks in the binary format.
            [0x00] "unreachable" Unreachable {} control(unreachable);
            [0x01] "nop" Nop {} control(nop);
            [0x02] "block" Block { blockty as bt: BlockType } control(block);
            [0x03] "loop" Loop { blockty as bt: BlockType } control(loop_);
            [0x04] "if" If { blockty as bt: BlockType } control(if_);
            [0x05] "else" Else {} control(end);
            [0x0B] "end" End {} control(end);
            [0x0C] "br" Br { relative_depth as l: Idx } control(br);
            [0x0D] "br_if" BrIf { relative_depth as l: Idx } control(br_if);
            [0x0E] "br_table" BrTable { targets as ls: Box<[Idx]> } control(br_table);
            [0x0F] "return" Return {} control(return_);
            [0x10] "call" Call { function_index as x: Idx } control(call);
            [0x11] "call_indirect" CallIndirect { table_index as x: Idx, type_index as y: Idx } control(call_indirect);
            [0x12] "return_call" ReturnCall { function_index as x: Idx } control(return_call);
            [0x13] "return_call_indirect" ReturnCallIndirect { table_index as x: Idx, type_index as y: Idx }
                control(return_call_indirect);

            // Parametric instructions (2.4.2).
            [0x1A] "drop" Drop {} parametric(drop);
            [0x1B] "select" Select {} parametric(select);
            [0x1C] "select" TypedSelect { ty as t: ValType } parametric(select);

            // Variable instructions (2.4.3).
            [0x20] "local.get" LocalGet { local_index as x: Idx } variable(local_get);
            [0x21] "local.set" LocalSet { local_index as x: Idx } variable(local_set);
            [0x22] "local.tee" LocalTee { local_index as x: Idx } variable(local_tee);
            [0x23] "global.get" GlobalGet { global_index as x: Idx } variable(global_get);
            [0x24] "global.set" GlobalSet { global_index as x: Idx } variable(global_set);

            // Table instructions (2.4.4).
            [0x25] "table.get" TableGet { table as x: Idx } table(get);
            [0x26] "table.set" TableSet { table as x: Idx } table(set);
            [0xFC 0x0C] "table.init" TableInit { table as x: Idx, elem_index as y: Idx } table(init);
            [0xFC 0x0D] "elem.drop" ElemDrop { elem_index as x: Idx } table(elem_drop);
            [0xFC 0x0E] "table.copy" TableCopy { dst_table as x: Idx, src_table as y: Idx } table(copy);
            [0xFC 0x0F] "table.grow" TableGrow { table as x: Idx } table(grow);
            [0xFC 0x10] "table.size" TableSize { table as x: Idx } table(size);
            [0xFC 0x11] "table.fill" TableFill { table as x: Idx } table(fill);

            // Memory instructions (2.4.5).
            [0x28] "i32.load" I32Load { memarg as ao: MemArg } load(i32);
            [0x29] "i64.load" I64Load { memarg as ao: MemArg } load(i64);
            [0x2A] "f32.load" F32Load { memarg as ao: MemArg } load(f32);
            [0x2B] "f64.load" F64Load { memarg as ao: MemArg } load(f64);
            [0x2C] "i32.load8_s" I32Load8S { memarg as ao: MemArg } load_pack(i32, W8, extend_s);
            [0x2D] "i32.load8_u" I32Load8U { memarg as ao: MemArg } load_pack(i32, W8, extend_u);
            [0x2E] "i32.load16_s" I32Load16S { memarg as ao: MemArg } load_pack(i32, W16, extend_s);
            [0x2F] "i32.load16_u" I32Load16U { memarg as ao: MemArg } load_pack(i32, W16, extend_u);
            [0x30] "i64.load8_s" I64Load8S { memarg as ao: MemArg } load_pack(i64, W8, extend_s);
            [0x31] "i64.load8_u" I64Load8U { memarg as ao: MemArg } load_pack(i64, W8, extend_u);
            [0x32] "i64.load16_s" I64Load16S { memarg as ao: MemArg } load_pack(i64, W16, extend_s);
            [0x33] "i64.load16_u" I64Load16U { memarg as ao: MemArg } load_pack(i64, W16, extend_u);
            [0x34] "i64.load32_s" I64Load32S { memarg as ao: MemArg } load_pack(i64, W32, extend_s);
            [0x35] "i64.load32_u" I64Load32U { memarg as ao: MemArg } load_pack(i64, W32, extend_u);
            [0x36] "i32.store" I32Store { memarg as ao: MemArg } store(i32);
            [0x37] "i64.store" I64Store { memarg as ao: MemArg } store(i64);
            [0x38] "f32.store" F32Store { memarg as ao: MemArg } store(f32);
            [0x39] "f64.store" F64Store { memarg as ao: MemArg } store(f64);
            [0x3A] "i32.store8" I32Store8 { memarg as ao: MemArg } store_pack(i32, W8);
            [0x3B] "i32.store16" I32Store16 { memarg as ao: MemArg } store_pack(i32, W16);
            [0x3C] "i64.store8" I64Store8 { memarg as ao: MemArg } store_pack(i64, W8);
            [0x3D] "i64.store16" I64Store16 { memarg as ao: MemArg } store_pack(i64, W16);
            [0x3E] "i64.store32" I64Store32 { memarg as ao: MemArg } store_pack(i64, W32);
            [0x3F] "memory.size" MemorySize { mem as x: Idx } memory(size);
            [0x40] "memory.grow" MemoryGrow { mem as x: Idx } memory(grow);
            [0xFC 0x08] "memory.init" MemoryInit { mem as x: Idx, data_index as y: Idx } memory(init);
            [0xFC 0x09] "data.drop" DataDrop { data_index as x: Idx } memory(data_drop);
            [0xFC 0x0A] "memory.copy" MemoryCopy { dst_mem as x: Idx, src_mem as y: Idx } memory(copy);
            [0xFC 0x0B] "memory.fill" MemoryFill { mem as x: Idx } memory(fill);

            // Reference instructions (2.4.6).
            [0xD0] "ref.null" RefNull { hty as ht: HeapType } reference(null);
            [0xD1] "ref.is_null" RefIsNull {} reference(is_null);
            [0xD2] "ref.func" RefFunc { function_index as x: Idx } reference(func);

            // Numeric instructions (2.4.8).
            [0x41] "i32.const" I32Const { value as c: i32 } constant(i32);
            [0x42] "i64.const" I64Const { value as c: i64 } constant(i64);
            [0x43] "f32.const" F32Const { value as c: F32Bits } constant(f32);
            [0x44] "f64.const" F64Const { value as c: F64Bits } constant(f64);

            [0x45] "i32.eqz" I32Eqz {} testop(i32, ieqz);
            [0x46] "i32.eq" I32Eq {} relop(i32, ieq);
            [0x47] "i32.ne" I32Ne {} relop(i32, ine);
            [0x48] "i32.lt_s" I32LtS {} relop(i32, ilt_s);
            [0x49] "i32.lt_u" I32LtU {} relop(i32, ilt_u);
            [0x4A] "i32.gt_s" I32GtS {} relop(i32, igt_s);
            [0x4B] "i32.gt_u" I32GtU {} relop(i32, igt_u);
            [0x4C] "i32.le_s" I32LeS {} relop(i32, ile_s);
            [0x4D] "i32.le_u" I32LeU {} relop(i32, ile_u);
            [0x4E] "i32.ge_s" I32GeS {} relop(i32, ige_s);
            [0x4F] "i32.ge_u" I32GeU {} relop(i32, ige_u);
            [0x50] "i64.eqz" I64Eqz {} testop(i64, ieqz);
            [0x51] "i64.eq" I64Eq {} relop(i64, ieq);
            [0x52] "i64.ne" I64Ne {} relop(i64, ine);
            [0x53] "i64.lt_s" I64LtS {} relop(i64, ilt_s);
            [0x54] "i64.lt_u" I64LtU {} relop(i64, ilt_u);
            [0x55] "i64.gt_s" I64GtS {} relop(i64, igt_s);
            [0x56] "i64.gt_u" I64GtU {} relop(i64, igt_u);
            [0x57] "i64.le_s" I64LeS {} relop(i64, ile_s);
            [0x58] "i64.le_u" I64LeU {} relop(i64, ile_u);
            [0x59] "i64.ge_s" I64GeS {} relop(i64, ige_s);
            [0x5A] "i64.ge_u" I64GeU {} relop(i64, ige_u);
            [0x5B] "f32.eq" F32Eq {} relop(f32, feq);
            [0x5C] "f32.ne" F32Ne {} relop(f32, fne);
            [0x5D] "f32.lt" F32Lt {} relop(f32, flt);
            [0x5E] "f32.gt" F32Gt {} relop(f32, fgt);
            [0x5F] "f32.le" F32Le {} relop(f32, fle);
            [0x60] "f32.ge" F32Ge {} relop(f32, fge);
            [0x61] "f64.eq" F64Eq {} relop(f64, feq);
            [0x62] "f64.ne" F64Ne {} relop(f64, fne);
            [0x63] "f64.lt" F64Lt {} relop(f64, flt);
            [0x64] "f64.gt" F64Gt {} relop(f64, fgt);
            [0x65] "f64.le" F64Le {} relop(f64, fle);
            [0x66] "f64.ge" F64Ge {} relop(f64, fge);

            [0x67] "i32.clz" I32Clz {} unop(i32, iclz);
            [0x68] "i32.ctz" I32Ctz {} unop(i32, ictz);
            [0x69] "i32.popcnt" I32Popcnt {} unop(i32, ipopcnt);
            [0x6A] "i32.add" I32Add {} binop(i32, iadd);
            [0x6B] "i32.sub" I32Sub {} binop(i32, isub);
            [0x6C] "i32.mul" I32Mul {} binop(i32, imul);
            [0x6D] "i32.div_s" I32DivS {} partial_binop(i32, idiv_s);
            [0x6E] "i32.div_u" I32DivU {} partial_binop(i32, idiv_u);
            [0x6F] "i32.rem_s" I32RemS {} partial_binop(i32, irem_s);
            [0x70] "i32.rem_u" I32RemU {} partial_binop(i32, irem_u);
            [0x71] "i32.and" I32And {} binop(i32, iand);
            [0x72] "i32.or" I32Or {} binop(i32, ior);
            [0x73] "i32.xor" I32Xor {} binop(i32, ixor);
            [0x74] "i32.shl" I32Shl {} binop(i32, ishl);
            [0x75] "i32.shr_s" I32ShrS {} binop(i32, ishr_s);
            [0x76] "i32.shr_u" I32ShrU {} binop(i32, ishr_u);
            [0x77] "i32.rotl" I32Rotl {} binop(i32, irotl);
            [0x78] "i32.rotr" I32Rotr {} binop(i32, irotr);
            [0x79] "i64.clz" I64Clz {} unop(i64, iclz);
            [0x7A] "i64.ctz" I64Ctz {} unop(i64, ictz);
            [0x7B] "i64.popcnt" I64Popcnt {} unop(i64, ipopcnt);
            [0x7C] "i64.add" I64Add {} binop(i64, iadd);
            [0x7D] "i64.sub" I64Sub {} binop(i64, isub);
            [0x7E] "i64.mul" I64Mul {} binop(i64, imul);
            [0x7F] "i64.div_s" I64DivS {} partial_binop(i64, idiv_s);
            [0x80] "i64.div_u" I64DivU {} partial_binop(i64, idiv_u);
            [0x81] "i64.rem_s" I64RemS {} partial_binop(i64, irem_s);
            [0x82] "i64.rem_u" I64RemU {} partial_binop(i64, irem_u);
            [0x83] "i64.and" I64And {} binop(i64, iand);
            [0x84] "i64.or" I64Or {} binop(i64, ior);
            [0x85] "i64.xor" I64Xor {} binop(i64, ixor);
            [0x86] "i64.shl" I64Shl {} binop(i64, ishl);
            [0x87] "i64.shr_s" I64ShrS {} binop(i64, ishr_s);
            [0x88] "i64.shr_u" I64ShrU {} binop(i64, ishr_u);
            [0x89] "i64.rotl" I64Rotl {} binop(i64, irotl);
            [0x8A] "i64.rotr" I64Rotr {} binop(i64, irotr);

            [0x8B] "f32.abs" F32Abs {} unop(f32, fabs);
            [0x8C] "f32.neg" F32Neg {} unop(f32, fneg);
            [0x8D] "f32.ceil" F32Ceil {} unop(f32, fceil);
            [0x8E] "f32.floor" F32Floor {} unop(f32, ffloor);
            [0x8F] "f32.trunc" F32Trunc {} unop(f32, ftrunc);
            [0x90] "f32.nearest" F32Nearest {} unop(f32, fnearest);
            [0x91] "f32.sqrt" F32Sqrt {} unop(f32, fsqrt);
            [0x92] "f32.add" F32Add {} binop(f32, fadd);
            [0x93] "f32.sub" F32Sub {} binop(f32, fsub);
            [0x94] "f32.mul" F32Mul {} binop(f32, fmul);
            [0x95] "f32.div" F32Div {} binop(f32, fdiv);
            [0x96] "f32.min" F32Min {} binop(f32, fmin);
            [0x97] "f32.max" F32Max {} binop(f32, fmax);
            [0x98] "f32.copysign" F32Copysign {} binop(f32, fcopysign);
            [0x99] "f64.abs" F64Abs {} unop(f64, fabs);
            [0x9A] "f64.neg" F64Neg {} unop(f64, fneg);
            [0x9B] "f64.ceil" F64Ceil {} unop(f64, fceil);
            [0x9C] "f64.floor" F64Floor {} unop(f64, ffloor);
            [0x9D] "f64.trunc" F64Trunc {} unop(f64, ftrunc);
            [0x9E] "f64.nearest" F64Nearest {} unop(f64, fnearest);
            [0x9F] "f64.sqrt" F64Sqrt {} unop(f64, fsqrt);
            [0xA0] "f64.add" F64Add {} binop(f64, fadd);
            [0xA1] "f64.sub" F64Sub {} binop(f64, fsub);
            [0xA2] "f64.mul" F64Mul {} binop(f64, fmul);
            [0xA3] "f64.div" F64Div {} binop(f64, fdiv);
            [0xA4] "f64.min" F64Min {} binop(f64, fmin);
            [0xA5] "f64.max" F64Max {} binop(f64, fmax);
            [0xA6] "f64.copysign" F64Copysign {} binop(f64, fcopysign);

            [0xA7] "i32.wrap_i64" I32WrapI64 {} cvtop(i64, i32, wrap);
            [0xA8] "i32.trunc_f32_s" I32TruncF32S {} partial_cvtop(f32, i32, trunc_s);
            [0xA9] "i32.trunc_f32_u" I32TruncF32U {} partial_cvtop(f32, i32, trunc_u);
            [0xAA] "i32.trunc_f64_s" I32TruncF64S {} partial_cvtop(f64, i32, trunc_s);
            [0xAB] "i32.trunc_f64_u" I32TruncF64U {} partial_cvtop(f64, i32, trunc_u);
            [0xAC] "i64.extend_i32_s" I64ExtendI32S {} cvtop(i32, i64, extend_s);
            [0xAD] "i64.extend_i32_u" I64ExtendI32U {} cvtop(i32, i64, extend_u);
            [0xAE] "i64.trunc_f32_s" I64TruncF32S {} partial_cvtop(f32, i64, trunc_s);
            [0xAF] "i64.trunc_f32_u" I64TruncF32U {} partial_cvtop(f32, i64, trunc_u);
            [0xB0] "i64.trunc_f64_s" I64TruncF64S {} partial_cvtop(f64, i64, trunc_s);
            [0xB1] "i64.trunc_f64_u" I64TruncF64U {} partial_cvtop(f64, i64, trunc_u);
            [0xB2] "f32.convert_i32_s" F32ConvertI32S {} cvtop(i32, f32, convert_s);
            [0xB3] "f32.convert_i32_u" F32ConvertI32U {} cvtop(i32, f32, convert_u);
            [0xB4] "f32.convert_i64_s" F32ConvertI64S {} cvtop(i64, f32, convert_s);
            [0xB5] "f32.convert_i64_u" F32ConvertI64U {} cvtop(i64, f32, convert_u);
            [0xB6] "f32.demote_f64" F32DemoteF64 {} cvtop(f64, f32, demote);
            [0xB7] "f64.convert_i32_s" F64ConvertI32S {} cvtop(i32, f64, convert_s);
            [0xB8] "f64.convert_i32_u" F64ConvertI32U {} cvtop(i32, f64, convert_u);
            [0xB9] "f64.convert_i64_s" F64ConvertI64S {} cvtop(i64, f64, convert_s);
            [0xBA] "f64.convert_i64_u" F64ConvertI64U {} cvtop(i64, f64, convert_u);
            [0xBB] "f64.promote_f32" F64PromoteF32 {} cvtop(f32, f64, promote);
            [0xBC] "i32.reinterpret_f32" I32ReinterpretF32 {} cvtop(f32, i32, reinterpret);
            [0xBD] "i64.reinterpret_f64" I64ReinterpretF64 {} cvtop(f64, i64, reinterpret);
            [0xBE] "f32.reinterpret_i32" F32ReinterpretI32 {} cvtop(i32, f32, reinterpret);
            [0xBF] "f64.reinterpret_i64" F64ReinterpretI64 {} cvtop(i64, f64, reinterpret);

            [0xC0] "i32.extend8_s" I32Extend8S {} unop(i32, iextend8_s);
            [0xC1] "i32.extend16_s" I32Extend16S {} unop(i32, iextend16_s);
            [0xC2] "i64.extend8_s" I64Extend8S {} unop(i64, iextend8_s);
            [0xC3] "i64.extend16_s" I64Extend16S {} unop(i64, iextend16_s);
            [0xC4] "i64.extend32_s" I64Extend32S {} unop(i64, iextend32_s);

            [0xFC 0x00] "i32.trunc_sat_f32_s" I32TruncSatF32S {} cvtop(f32, i32, trunc_sat_s);
            [0xFC 0x01] "i32.trunc_sat_f32_u" I32TruncSatF32U {} cvtop(f32, i32, trunc_sat_u);
            [0xFC 0x02] "i32.trunc_sat_f64_s" I32TruncSatF64S {} cvtop(f64, i32, trunc_sat_s);
            [0xFC 0x03] "i32.trunc_sat_f64_u" I32TruncSatF64U {} cvtop(f64, i32, trunc_sat_u);
            [0xFC 0x04] "i64.trunc_sat_f32_s" I64TruncSatF32S {} cvtop(f32, i64, trunc_sat_s);
            [0xFC 0x05] "i64.trunc_sat_f32_u" I64TruncSatF32U {} cvtop(f32, i64, trunc_sat_u);
            [0xFC 0x06] "i64.trunc_sat_f64_s" I64TruncSatF64S {} cvtop(f64, i64, trunc_sat_s);
            [0xFC 0x07] "i64.trunc_sat_f64_u" I64TruncSatF64U {} cvtop(f64, i64, trunc_sat_u);
        }
    };
}
pub(crate) use for_each_instruction;
