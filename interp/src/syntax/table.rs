//! The instructions (2.4), one row each. Every other list of instructions in the project derives from these rows:
//! the syntax itself, its text, decoding, validation, dispatch, trap conditions.
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
//!   can trap. Those of vectors begin with v and name the shape of the lanes; where they change it, both shapes.
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
            [0x14] "call_ref" CallRef { type_index as x: Idx } control(call_ref);
            [0x15] "return_call_ref" ReturnCallRef { type_index as x: Idx } control(return_call_ref);
            [0xD5] "br_on_null" BrOnNull { relative_depth as l: Idx } control(br_on_null);
            [0xD6] "br_on_non_null" BrOnNonNull { relative_depth as l: Idx } control(br_on_non_null);
            [0xFB 0x18] "br_on_cast" BrOnCast {
                relative_depth as l: Idx, from_ref_type as rt1: RefType, to_ref_type as rt2: RefType
            } control(br_on_cast);
            [0xFB 0x19] "br_on_cast_fail" BrOnCastFail {
                relative_depth as l: Idx, from_ref_type as rt1: RefType, to_ref_type as rt2: RefType
            } control(br_on_cast_fail);
            [0x08] "throw" Throw { tag_index as x: Idx } exception(throw);
            [0x0A] "throw_ref" ThrowRef {} exception(throw_ref);
            [0x1F] "try_table" TryTable { try_table as body: TryTable } exception(try_table);

            // Parametric instructions (2.4.2).
            [0x1A] "drop" Drop {} parametric(drop);
            [0x1B] "select" Select {} parametric(select);
            [0x1C] "select" TypedSelect { ty as ts: Box<[ValType]> } parametric(select);

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

            [0xFD 0x00] "v128.load" V128Load { memarg as ao: MemArg } vload();
            [0xFD 0x01] "v128.load8x8_s" V128Load8x8S { memarg as ao: MemArg } vload_pack(i8x16, i16x8, extend_s);
            [0xFD 0x02] "v128.load8x8_u" V128Load8x8U { memarg as ao: MemArg } vload_pack(i8x16, i16x8, extend_u);
            [0xFD 0x03] "v128.load16x4_s" V128Load16x4S { memarg as ao: MemArg } vload_pack(i16x8, i32x4, extend_s);
            [0xFD 0x04] "v128.load16x4_u" V128Load16x4U { memarg as ao: MemArg } vload_pack(i16x8, i32x4, extend_u);
            [0xFD 0x05] "v128.load32x2_s" V128Load32x2S { memarg as ao: MemArg } vload_pack(i32x4, i64x2, extend_s);
            [0xFD 0x06] "v128.load32x2_u" V128Load32x2U { memarg as ao: MemArg } vload_pack(i32x4, i64x2, extend_u);
            [0xFD 0x07] "v128.load8_splat" V128Load8Splat { memarg as ao: MemArg } vload_splat(i8x16);
            [0xFD 0x08] "v128.load16_splat" V128Load16Splat { memarg as ao: MemArg } vload_splat(i16x8);
            [0xFD 0x09] "v128.load32_splat" V128Load32Splat { memarg as ao: MemArg } vload_splat(i32x4);
            [0xFD 0x0A] "v128.load64_splat" V128Load64Splat { memarg as ao: MemArg } vload_splat(i64x2);
            [0xFD 0x0B] "v128.store" V128Store { memarg as ao: MemArg } vstore();
            [0xFD 0x54] "v128.load8_lane" V128Load8Lane { memarg as ao: MemArg, lane as i: LaneIdx } vload_lane(i8x16);
            [0xFD 0x55] "v128.load16_lane" V128Load16Lane { memarg as ao: MemArg, lane as i: LaneIdx }
                vload_lane(i16x8);
            [0xFD 0x56] "v128.load32_lane" V128Load32Lane { memarg as ao: MemArg, lane as i: LaneIdx }
                vload_lane(i32x4);
            [0xFD 0x57] "v128.load64_lane" V128Load64Lane { memarg as ao: MemArg, lane as i: LaneIdx }
                vload_lane(i64x2);
            [0xFD 0x58] "v128.store8_lane" V128Store8Lane { memarg as ao: MemArg, lane as i: LaneIdx }
                vstore_lane(i8x16);
            [0xFD 0x59] "v128.store16_lane" V128Store16Lane { memarg as ao: MemArg, lane as i: LaneIdx }
                vstore_lane(i16x8);
            [0xFD 0x5A] "v128.store32_lane" V128Store32Lane { memarg as ao: MemArg, lane as i: LaneIdx }
                vstore_lane(i32x4);
            [0xFD 0x5B] "v128.store64_lane" V128Store64Lane { memarg as ao: MemArg, lane as i: LaneIdx }
                vstore_lane(i64x2);
            [0xFD 0x5C] "v128.load32_zero" V128Load32Zero { memarg as ao: MemArg } vload_zero(W32);
            [0xFD 0x5D] "v128.load64_zero" V128Load64Zero { memarg as ao: MemArg } vload_zero(W64);

            // Reference instructions (2.4.6).
            [0xD0] "ref.null" RefNull { hty as ht: HeapType } reference(null);
            [0xD1] "ref.is_null" RefIsNull {} reference(is_null);
            [0xD2] "ref.func" RefFunc { function_index as x: Idx } reference(func);
            [0xD3] "ref.eq" RefEq {} reference(eq);
            [0xD4] "ref.as_non_null" RefAsNonNull {} reference(as_non_null);
            [0xFB 0x14] "ref.test" RefTestNonNull { hty as rt: NonNull } reference(test);
            [0xFB 0x15] "ref.test" RefTestNullable { hty as rt: Nullable } reference(test);
            [0xFB 0x16] "ref.cast" RefCastNonNull { hty as rt: NonNull } reference(cast);
            [0xFB 0x17] "ref.cast" RefCastNullable { hty as rt: Nullable } reference(cast);

            // Aggregate instructions (2.4.7).
            [0xFB 0x1C] "ref.i31" RefI31 {} aggregate(ref_i31);
            [0xFB 0x1D] "i31.get_s" I31GetS {} aggregate(i31_get_s);
            [0xFB 0x1E] "i31.get_u" I31GetU {} aggregate(i31_get_u);
            [0xFB 0x00] "struct.new" StructNew { struct_type_index as x: Idx } aggregate(struct_new);
            [0xFB 0x01] "struct.new_default" StructNewDefault { struct_type_index as x: Idx }
                aggregate(struct_new_default);
            [0xFB 0x02] "struct.get" StructGet { struct_type_index as x: Idx, field_index as i: Idx }
                aggregate(struct_get);
            [0xFB 0x03] "struct.get_s" StructGetS { struct_type_index as x: Idx, field_index as i: Idx }
                aggregate(struct_get_s);
            [0xFB 0x04] "struct.get_u" StructGetU { struct_type_index as x: Idx, field_index as i: Idx }
                aggregate(struct_get_u);
            [0xFB 0x05] "struct.set" StructSet { struct_type_index as x: Idx, field_index as i: Idx }
                aggregate(struct_set);
            [0xFB 0x06] "array.new" ArrayNew { array_type_index as x: Idx } aggregate(array_new);
            [0xFB 0x07] "array.new_default" ArrayNewDefault { array_type_index as x: Idx }
                aggregate(array_new_default);
            [0xFB 0x08] "array.new_fixed" ArrayNewFixed { array_type_index as x: Idx, array_size as n: u32 }
                aggregate(array_new_fixed);
            [0xFB 0x09] "array.new_data" ArrayNewData { array_type_index as x: Idx, array_data_index as y: Idx }
                aggregate(array_new_data);
            [0xFB 0x0A] "array.new_elem" ArrayNewElem { array_type_index as x: Idx, array_elem_index as y: Idx }
                aggregate(array_new_elem);
            [0xFB 0x0B] "array.get" ArrayGet { array_type_index as x: Idx } aggregate(array_get);
            [0xFB 0x0C] "array.get_s" ArrayGetS { array_type_index as x: Idx } aggregate(array_get_s);
            [0xFB 0x0D] "array.get_u" ArrayGetU { array_type_index as x: Idx } aggregate(array_get_u);
            [0xFB 0x0E] "array.set" ArraySet { array_type_index as x: Idx } aggregate(array_set);
            [0xFB 0x0F] "array.len" ArrayLen {} aggregate(array_len);
            [0xFB 0x10] "array.fill" ArrayFill { array_type_index as x: Idx } aggregate(array_fill);
            [0xFB 0x11] "array.copy" ArrayCopy { array_type_index_dst as x: Idx, array_type_index_src as y: Idx }
                aggregate(array_copy);
            [0xFB 0x12] "array.init_data" ArrayInitData { array_type_index as x: Idx, array_data_index as y: Idx }
                aggregate(array_init_data);
            [0xFB 0x13] "array.init_elem" ArrayInitElem { array_type_index as x: Idx, array_elem_index as y: Idx }
                aggregate(array_init_elem);
            [0xFB 0x1A] "any.convert_extern" AnyConvertExtern {} aggregate(any_convert_extern);
            [0xFB 0x1B] "extern.convert_any" ExternConvertAny {} aggregate(extern_convert_any);

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

            // Of the proposal for wide arithmetic.
            [0xFC 0x13] "i64.add128" I64Add128 {} wideop(iadd);
            [0xFC 0x14] "i64.sub128" I64Sub128 {} wideop(isub);
            [0xFC 0x15] "i64.mul_wide_s" I64MulWideS {} extwideop(extend_s);
            [0xFC 0x16] "i64.mul_wide_u" I64MulWideU {} extwideop(extend_u);

            // Vector instructions (2.4.9).
            [0xFD 0x0C] "v128.const" V128Const { value as c: V128Bits } constant(v128);
            [0xFD 0x0D] "i8x16.shuffle" I8x16Shuffle { lanes as is: [LaneIdx; 16] } vshuffle();
            [0xFD 0x0E] "i8x16.swizzle" I8x16Swizzle {} vswizzlop(i8x16, iswizzle_lane);
            [0xFD 0x0F] "i8x16.splat" I8x16Splat {} vsplat(i8x16, i32);
            [0xFD 0x10] "i16x8.splat" I16x8Splat {} vsplat(i16x8, i32);
            [0xFD 0x11] "i32x4.splat" I32x4Splat {} vsplat(i32x4, i32);
            [0xFD 0x12] "i64x2.splat" I64x2Splat {} vsplat(i64x2, i64);
            [0xFD 0x13] "f32x4.splat" F32x4Splat {} vsplat(f32x4, f32);
            [0xFD 0x14] "f64x2.splat" F64x2Splat {} vsplat(f64x2, f64);
            [0xFD 0x15] "i8x16.extract_lane_s" I8x16ExtractLaneS { lane as i: LaneIdx }
                vextract_lane_pack(i8x16, i32, extend_s);
            [0xFD 0x16] "i8x16.extract_lane_u" I8x16ExtractLaneU { lane as i: LaneIdx }
                vextract_lane_pack(i8x16, i32, extend_u);
            [0xFD 0x17] "i8x16.replace_lane" I8x16ReplaceLane { lane as i: LaneIdx } vreplace_lane(i8x16, i32);
            [0xFD 0x18] "i16x8.extract_lane_s" I16x8ExtractLaneS { lane as i: LaneIdx }
                vextract_lane_pack(i16x8, i32, extend_s);
            [0xFD 0x19] "i16x8.extract_lane_u" I16x8ExtractLaneU { lane as i: LaneIdx }
                vextract_lane_pack(i16x8, i32, extend_u);
            [0xFD 0x1A] "i16x8.replace_lane" I16x8ReplaceLane { lane as i: LaneIdx } vreplace_lane(i16x8, i32);
            [0xFD 0x1B] "i32x4.extract_lane" I32x4ExtractLane { lane as i: LaneIdx } vextract_lane(i32x4, i32);
            [0xFD 0x1C] "i32x4.replace_lane" I32x4ReplaceLane { lane as i: LaneIdx } vreplace_lane(i32x4, i32);
            [0xFD 0x1D] "i64x2.extract_lane" I64x2ExtractLane { lane as i: LaneIdx } vextract_lane(i64x2, i64);
            [0xFD 0x1E] "i64x2.replace_lane" I64x2ReplaceLane { lane as i: LaneIdx } vreplace_lane(i64x2, i64);
            [0xFD 0x1F] "f32x4.extract_lane" F32x4ExtractLane { lane as i: LaneIdx } vextract_lane(f32x4, f32);
            [0xFD 0x20] "f32x4.replace_lane" F32x4ReplaceLane { lane as i: LaneIdx } vreplace_lane(f32x4, f32);
            [0xFD 0x21] "f64x2.extract_lane" F64x2ExtractLane { lane as i: LaneIdx } vextract_lane(f64x2, f64);
            [0xFD 0x22] "f64x2.replace_lane" F64x2ReplaceLane { lane as i: LaneIdx } vreplace_lane(f64x2, f64);
            [0xFD 0x23] "i8x16.eq" I8x16Eq {} vrelop(i8x16, ieq);
            [0xFD 0x24] "i8x16.ne" I8x16Ne {} vrelop(i8x16, ine);
            [0xFD 0x25] "i8x16.lt_s" I8x16LtS {} vrelop(i8x16, ilt_s);
            [0xFD 0x26] "i8x16.lt_u" I8x16LtU {} vrelop(i8x16, ilt_u);
            [0xFD 0x27] "i8x16.gt_s" I8x16GtS {} vrelop(i8x16, igt_s);
            [0xFD 0x28] "i8x16.gt_u" I8x16GtU {} vrelop(i8x16, igt_u);
            [0xFD 0x29] "i8x16.le_s" I8x16LeS {} vrelop(i8x16, ile_s);
            [0xFD 0x2A] "i8x16.le_u" I8x16LeU {} vrelop(i8x16, ile_u);
            [0xFD 0x2B] "i8x16.ge_s" I8x16GeS {} vrelop(i8x16, ige_s);
            [0xFD 0x2C] "i8x16.ge_u" I8x16GeU {} vrelop(i8x16, ige_u);
            [0xFD 0x2D] "i16x8.eq" I16x8Eq {} vrelop(i16x8, ieq);
            [0xFD 0x2E] "i16x8.ne" I16x8Ne {} vrelop(i16x8, ine);
            [0xFD 0x2F] "i16x8.lt_s" I16x8LtS {} vrelop(i16x8, ilt_s);
            [0xFD 0x30] "i16x8.lt_u" I16x8LtU {} vrelop(i16x8, ilt_u);
            [0xFD 0x31] "i16x8.gt_s" I16x8GtS {} vrelop(i16x8, igt_s);
            [0xFD 0x32] "i16x8.gt_u" I16x8GtU {} vrelop(i16x8, igt_u);
            [0xFD 0x33] "i16x8.le_s" I16x8LeS {} vrelop(i16x8, ile_s);
            [0xFD 0x34] "i16x8.le_u" I16x8LeU {} vrelop(i16x8, ile_u);
            [0xFD 0x35] "i16x8.ge_s" I16x8GeS {} vrelop(i16x8, ige_s);
            [0xFD 0x36] "i16x8.ge_u" I16x8GeU {} vrelop(i16x8, ige_u);
            [0xFD 0x37] "i32x4.eq" I32x4Eq {} vrelop(i32x4, ieq);
            [0xFD 0x38] "i32x4.ne" I32x4Ne {} vrelop(i32x4, ine);
            [0xFD 0x39] "i32x4.lt_s" I32x4LtS {} vrelop(i32x4, ilt_s);
            [0xFD 0x3A] "i32x4.lt_u" I32x4LtU {} vrelop(i32x4, ilt_u);
            [0xFD 0x3B] "i32x4.gt_s" I32x4GtS {} vrelop(i32x4, igt_s);
            [0xFD 0x3C] "i32x4.gt_u" I32x4GtU {} vrelop(i32x4, igt_u);
            [0xFD 0x3D] "i32x4.le_s" I32x4LeS {} vrelop(i32x4, ile_s);
            [0xFD 0x3E] "i32x4.le_u" I32x4LeU {} vrelop(i32x4, ile_u);
            [0xFD 0x3F] "i32x4.ge_s" I32x4GeS {} vrelop(i32x4, ige_s);
            [0xFD 0x40] "i32x4.ge_u" I32x4GeU {} vrelop(i32x4, ige_u);
            [0xFD 0x41] "f32x4.eq" F32x4Eq {} vrelop(f32x4, feq);
            [0xFD 0x42] "f32x4.ne" F32x4Ne {} vrelop(f32x4, fne);
            [0xFD 0x43] "f32x4.lt" F32x4Lt {} vrelop(f32x4, flt);
            [0xFD 0x44] "f32x4.gt" F32x4Gt {} vrelop(f32x4, fgt);
            [0xFD 0x45] "f32x4.le" F32x4Le {} vrelop(f32x4, fle);
            [0xFD 0x46] "f32x4.ge" F32x4Ge {} vrelop(f32x4, fge);
            [0xFD 0x47] "f64x2.eq" F64x2Eq {} vrelop(f64x2, feq);
            [0xFD 0x48] "f64x2.ne" F64x2Ne {} vrelop(f64x2, fne);
            [0xFD 0x49] "f64x2.lt" F64x2Lt {} vrelop(f64x2, flt);
            [0xFD 0x4A] "f64x2.gt" F64x2Gt {} vrelop(f64x2, fgt);
            [0xFD 0x4B] "f64x2.le" F64x2Le {} vrelop(f64x2, fle);
            [0xFD 0x4C] "f64x2.ge" F64x2Ge {} vrelop(f64x2, fge);
            [0xFD 0x4D] "v128.not" V128Not {} vvunop(inot);
            [0xFD 0x4E] "v128.and" V128And {} vvbinop(iand);
            [0xFD 0x4F] "v128.andnot" V128AndNot {} vvbinop(iandnot);
            [0xFD 0x50] "v128.or" V128Or {} vvbinop(ior);
            [0xFD 0x51] "v128.xor" V128Xor {} vvbinop(ixor);
            [0xFD 0x52] "v128.bitselect" V128Bitselect {} vvternop(ibitselect);
            [0xFD 0x53] "v128.any_true" V128AnyTrue {} vvtestop(inez);
            [0xFD 0x5E] "f32x4.demote_f64x2_zero" F32x4DemoteF64x2Zero {} vcvtop(f64x2, f32x4, zero, demote);
            [0xFD 0x5F] "f64x2.promote_low_f32x4" F64x2PromoteLowF32x4 {} vcvtop(f32x4, f64x2, low, promote);
            [0xFD 0x60] "i8x16.abs" I8x16Abs {} vunop(i8x16, iabs);
            [0xFD 0x61] "i8x16.neg" I8x16Neg {} vunop(i8x16, ineg);
            [0xFD 0x62] "i8x16.popcnt" I8x16Popcnt {} vunop(i8x16, ipopcnt);
            [0xFD 0x63] "i8x16.all_true" I8x16AllTrue {} vtestop(i8x16, inez);
            [0xFD 0x64] "i8x16.bitmask" I8x16Bitmask {} vbitmask(i8x16);
            [0xFD 0x65] "i8x16.narrow_i16x8_s" I8x16NarrowI16x8S {} vnarrow(i16x8, i8x16, narrow_s);
            [0xFD 0x66] "i8x16.narrow_i16x8_u" I8x16NarrowI16x8U {} vnarrow(i16x8, i8x16, narrow_u);
            [0xFD 0x67] "f32x4.ceil" F32x4Ceil {} vunop(f32x4, fceil);
            [0xFD 0x68] "f32x4.floor" F32x4Floor {} vunop(f32x4, ffloor);
            [0xFD 0x69] "f32x4.trunc" F32x4Trunc {} vunop(f32x4, ftrunc);
            [0xFD 0x6A] "f32x4.nearest" F32x4Nearest {} vunop(f32x4, fnearest);
            [0xFD 0x6B] "i8x16.shl" I8x16Shl {} vshiftop(i8x16, ishl);
            [0xFD 0x6C] "i8x16.shr_s" I8x16ShrS {} vshiftop(i8x16, ishr_s);
            [0xFD 0x6D] "i8x16.shr_u" I8x16ShrU {} vshiftop(i8x16, ishr_u);
            [0xFD 0x6E] "i8x16.add" I8x16Add {} vbinop(i8x16, iadd);
            [0xFD 0x6F] "i8x16.add_sat_s" I8x16AddSatS {} vbinop(i8x16, iadd_sat_s);
            [0xFD 0x70] "i8x16.add_sat_u" I8x16AddSatU {} vbinop(i8x16, iadd_sat_u);
            [0xFD 0x71] "i8x16.sub" I8x16Sub {} vbinop(i8x16, isub);
            [0xFD 0x72] "i8x16.sub_sat_s" I8x16SubSatS {} vbinop(i8x16, isub_sat_s);
            [0xFD 0x73] "i8x16.sub_sat_u" I8x16SubSatU {} vbinop(i8x16, isub_sat_u);
            [0xFD 0x74] "f64x2.ceil" F64x2Ceil {} vunop(f64x2, fceil);
            [0xFD 0x75] "f64x2.floor" F64x2Floor {} vunop(f64x2, ffloor);
            [0xFD 0x76] "i8x16.min_s" I8x16MinS {} vbinop(i8x16, imin_s);
            [0xFD 0x77] "i8x16.min_u" I8x16MinU {} vbinop(i8x16, imin_u);
            [0xFD 0x78] "i8x16.max_s" I8x16MaxS {} vbinop(i8x16, imax_s);
            [0xFD 0x79] "i8x16.max_u" I8x16MaxU {} vbinop(i8x16, imax_u);
            [0xFD 0x7A] "f64x2.trunc" F64x2Trunc {} vunop(f64x2, ftrunc);
            [0xFD 0x7B] "i8x16.avgr_u" I8x16AvgrU {} vbinop(i8x16, iavgr_u);
            [0xFD 0x7C] "i16x8.extadd_pairwise_i8x16_s" I16x8ExtAddPairwiseI8x16S {}
                vextunop(i8x16, i16x8, ivadd_pairwise, extend_s);
            [0xFD 0x7D] "i16x8.extadd_pairwise_i8x16_u" I16x8ExtAddPairwiseI8x16U {}
                vextunop(i8x16, i16x8, ivadd_pairwise, extend_u);
            [0xFD 0x7E] "i32x4.extadd_pairwise_i16x8_s" I32x4ExtAddPairwiseI16x8S {}
                vextunop(i16x8, i32x4, ivadd_pairwise, extend_s);
            [0xFD 0x7F] "i32x4.extadd_pairwise_i16x8_u" I32x4ExtAddPairwiseI16x8U {}
                vextunop(i16x8, i32x4, ivadd_pairwise, extend_u);
            [0xFD 0x80 0x01] "i16x8.abs" I16x8Abs {} vunop(i16x8, iabs);
            [0xFD 0x81 0x01] "i16x8.neg" I16x8Neg {} vunop(i16x8, ineg);
            [0xFD 0x82 0x01] "i16x8.q15mulr_sat_s" I16x8Q15MulrSatS {} vbinop(i16x8, iq15mulr_sat_s);
            [0xFD 0x83 0x01] "i16x8.all_true" I16x8AllTrue {} vtestop(i16x8, inez);
            [0xFD 0x84 0x01] "i16x8.bitmask" I16x8Bitmask {} vbitmask(i16x8);
            [0xFD 0x85 0x01] "i16x8.narrow_i32x4_s" I16x8NarrowI32x4S {} vnarrow(i32x4, i16x8, narrow_s);
            [0xFD 0x86 0x01] "i16x8.narrow_i32x4_u" I16x8NarrowI32x4U {} vnarrow(i32x4, i16x8, narrow_u);
            [0xFD 0x87 0x01] "i16x8.extend_low_i8x16_s" I16x8ExtendLowI8x16S {} vcvtop(i8x16, i16x8, low, extend_s);
            [0xFD 0x88 0x01] "i16x8.extend_high_i8x16_s" I16x8ExtendHighI8x16S {} vcvtop(i8x16, i16x8, high, extend_s);
            [0xFD 0x89 0x01] "i16x8.extend_low_i8x16_u" I16x8ExtendLowI8x16U {} vcvtop(i8x16, i16x8, low, extend_u);
            [0xFD 0x8A 0x01] "i16x8.extend_high_i8x16_u" I16x8ExtendHighI8x16U {} vcvtop(i8x16, i16x8, high, extend_u);
            [0xFD 0x8B 0x01] "i16x8.shl" I16x8Shl {} vshiftop(i16x8, ishl);
            [0xFD 0x8C 0x01] "i16x8.shr_s" I16x8ShrS {} vshiftop(i16x8, ishr_s);
            [0xFD 0x8D 0x01] "i16x8.shr_u" I16x8ShrU {} vshiftop(i16x8, ishr_u);
            [0xFD 0x8E 0x01] "i16x8.add" I16x8Add {} vbinop(i16x8, iadd);
            [0xFD 0x8F 0x01] "i16x8.add_sat_s" I16x8AddSatS {} vbinop(i16x8, iadd_sat_s);
            [0xFD 0x90 0x01] "i16x8.add_sat_u" I16x8AddSatU {} vbinop(i16x8, iadd_sat_u);
            [0xFD 0x91 0x01] "i16x8.sub" I16x8Sub {} vbinop(i16x8, isub);
            [0xFD 0x92 0x01] "i16x8.sub_sat_s" I16x8SubSatS {} vbinop(i16x8, isub_sat_s);
            [0xFD 0x93 0x01] "i16x8.sub_sat_u" I16x8SubSatU {} vbinop(i16x8, isub_sat_u);
            [0xFD 0x94 0x01] "f64x2.nearest" F64x2Nearest {} vunop(f64x2, fnearest);
            [0xFD 0x95 0x01] "i16x8.mul" I16x8Mul {} vbinop(i16x8, imul);
            [0xFD 0x96 0x01] "i16x8.min_s" I16x8MinS {} vbinop(i16x8, imin_s);
            [0xFD 0x97 0x01] "i16x8.min_u" I16x8MinU {} vbinop(i16x8, imin_u);
            [0xFD 0x98 0x01] "i16x8.max_s" I16x8MaxS {} vbinop(i16x8, imax_s);
            [0xFD 0x99 0x01] "i16x8.max_u" I16x8MaxU {} vbinop(i16x8, imax_u);
            [0xFD 0x9B 0x01] "i16x8.avgr_u" I16x8AvgrU {} vbinop(i16x8, iavgr_u);
            [0xFD 0x9C 0x01] "i16x8.extmul_low_i8x16_s" I16x8ExtMulLowI8x16S {}
                vextbinop(i8x16, i16x8, ivmul_low, extend_s);
            [0xFD 0x9D 0x01] "i16x8.extmul_high_i8x16_s" I16x8ExtMulHighI8x16S {}
                vextbinop(i8x16, i16x8, ivmul_high, extend_s);
            [0xFD 0x9E 0x01] "i16x8.extmul_low_i8x16_u" I16x8ExtMulLowI8x16U {}
                vextbinop(i8x16, i16x8, ivmul_low, extend_u);
            [0xFD 0x9F 0x01] "i16x8.extmul_high_i8x16_u" I16x8ExtMulHighI8x16U {}
                vextbinop(i8x16, i16x8, ivmul_high, extend_u);
            [0xFD 0xA0 0x01] "i32x4.abs" I32x4Abs {} vunop(i32x4, iabs);
            [0xFD 0xA1 0x01] "i32x4.neg" I32x4Neg {} vunop(i32x4, ineg);
            [0xFD 0xA3 0x01] "i32x4.all_true" I32x4AllTrue {} vtestop(i32x4, inez);
            [0xFD 0xA4 0x01] "i32x4.bitmask" I32x4Bitmask {} vbitmask(i32x4);
            [0xFD 0xA7 0x01] "i32x4.extend_low_i16x8_s" I32x4ExtendLowI16x8S {} vcvtop(i16x8, i32x4, low, extend_s);
            [0xFD 0xA8 0x01] "i32x4.extend_high_i16x8_s" I32x4ExtendHighI16x8S {} vcvtop(i16x8, i32x4, high, extend_s);
            [0xFD 0xA9 0x01] "i32x4.extend_low_i16x8_u" I32x4ExtendLowI16x8U {} vcvtop(i16x8, i32x4, low, extend_u);
            [0xFD 0xAA 0x01] "i32x4.extend_high_i16x8_u" I32x4ExtendHighI16x8U {} vcvtop(i16x8, i32x4, high, extend_u);
            [0xFD 0xAB 0x01] "i32x4.shl" I32x4Shl {} vshiftop(i32x4, ishl);
            [0xFD 0xAC 0x01] "i32x4.shr_s" I32x4ShrS {} vshiftop(i32x4, ishr_s);
            [0xFD 0xAD 0x01] "i32x4.shr_u" I32x4ShrU {} vshiftop(i32x4, ishr_u);
            [0xFD 0xAE 0x01] "i32x4.add" I32x4Add {} vbinop(i32x4, iadd);
            [0xFD 0xB1 0x01] "i32x4.sub" I32x4Sub {} vbinop(i32x4, isub);
            [0xFD 0xB5 0x01] "i32x4.mul" I32x4Mul {} vbinop(i32x4, imul);
            [0xFD 0xB6 0x01] "i32x4.min_s" I32x4MinS {} vbinop(i32x4, imin_s);
            [0xFD 0xB7 0x01] "i32x4.min_u" I32x4MinU {} vbinop(i32x4, imin_u);
            [0xFD 0xB8 0x01] "i32x4.max_s" I32x4MaxS {} vbinop(i32x4, imax_s);
            [0xFD 0xB9 0x01] "i32x4.max_u" I32x4MaxU {} vbinop(i32x4, imax_u);
            [0xFD 0xBA 0x01] "i32x4.dot_i16x8_s" I32x4DotI16x8S {} vextbinop(i16x8, i32x4, ivdot, extend_s);
            [0xFD 0xBC 0x01] "i32x4.extmul_low_i16x8_s" I32x4ExtMulLowI16x8S {}
                vextbinop(i16x8, i32x4, ivmul_low, extend_s);
            [0xFD 0xBD 0x01] "i32x4.extmul_high_i16x8_s" I32x4ExtMulHighI16x8S {}
                vextbinop(i16x8, i32x4, ivmul_high, extend_s);
            [0xFD 0xBE 0x01] "i32x4.extmul_low_i16x8_u" I32x4ExtMulLowI16x8U {}
                vextbinop(i16x8, i32x4, ivmul_low, extend_u);
            [0xFD 0xBF 0x01] "i32x4.extmul_high_i16x8_u" I32x4ExtMulHighI16x8U {}
                vextbinop(i16x8, i32x4, ivmul_high, extend_u);
            [0xFD 0xC0 0x01] "i64x2.abs" I64x2Abs {} vunop(i64x2, iabs);
            [0xFD 0xC1 0x01] "i64x2.neg" I64x2Neg {} vunop(i64x2, ineg);
            [0xFD 0xC3 0x01] "i64x2.all_true" I64x2AllTrue {} vtestop(i64x2, inez);
            [0xFD 0xC4 0x01] "i64x2.bitmask" I64x2Bitmask {} vbitmask(i64x2);
            [0xFD 0xC7 0x01] "i64x2.extend_low_i32x4_s" I64x2ExtendLowI32x4S {} vcvtop(i32x4, i64x2, low, extend_s);
            [0xFD 0xC8 0x01] "i64x2.extend_high_i32x4_s" I64x2ExtendHighI32x4S {} vcvtop(i32x4, i64x2, high, extend_s);
            [0xFD 0xC9 0x01] "i64x2.extend_low_i32x4_u" I64x2ExtendLowI32x4U {} vcvtop(i32x4, i64x2, low, extend_u);
            [0xFD 0xCA 0x01] "i64x2.extend_high_i32x4_u" I64x2ExtendHighI32x4U {} vcvtop(i32x4, i64x2, high, extend_u);
            [0xFD 0xCB 0x01] "i64x2.shl" I64x2Shl {} vshiftop(i64x2, ishl);
            [0xFD 0xCC 0x01] "i64x2.shr_s" I64x2ShrS {} vshiftop(i64x2, ishr_s);
            [0xFD 0xCD 0x01] "i64x2.shr_u" I64x2ShrU {} vshiftop(i64x2, ishr_u);
            [0xFD 0xCE 0x01] "i64x2.add" I64x2Add {} vbinop(i64x2, iadd);
            [0xFD 0xD1 0x01] "i64x2.sub" I64x2Sub {} vbinop(i64x2, isub);
            [0xFD 0xD5 0x01] "i64x2.mul" I64x2Mul {} vbinop(i64x2, imul);
            [0xFD 0xD6 0x01] "i64x2.eq" I64x2Eq {} vrelop(i64x2, ieq);
            [0xFD 0xD7 0x01] "i64x2.ne" I64x2Ne {} vrelop(i64x2, ine);
            [0xFD 0xD8 0x01] "i64x2.lt_s" I64x2LtS {} vrelop(i64x2, ilt_s);
            [0xFD 0xD9 0x01] "i64x2.gt_s" I64x2GtS {} vrelop(i64x2, igt_s);
            [0xFD 0xDA 0x01] "i64x2.le_s" I64x2LeS {} vrelop(i64x2, ile_s);
            [0xFD 0xDB 0x01] "i64x2.ge_s" I64x2GeS {} vrelop(i64x2, ige_s);
            [0xFD 0xDC 0x01] "i64x2.extmul_low_i32x4_s" I64x2ExtMulLowI32x4S {}
                vextbinop(i32x4, i64x2, ivmul_low, extend_s);
            [0xFD 0xDD 0x01] "i64x2.extmul_high_i32x4_s" I64x2ExtMulHighI32x4S {}
                vextbinop(i32x4, i64x2, ivmul_high, extend_s);
            [0xFD 0xDE 0x01] "i64x2.extmul_low_i32x4_u" I64x2ExtMulLowI32x4U {}
                vextbinop(i32x4, i64x2, ivmul_low, extend_u);
            [0xFD 0xDF 0x01] "i64x2.extmul_high_i32x4_u" I64x2ExtMulHighI32x4U {}
                vextbinop(i32x4, i64x2, ivmul_high, extend_u);
            [0xFD 0xE0 0x01] "f32x4.abs" F32x4Abs {} vunop(f32x4, fabs);
            [0xFD 0xE1 0x01] "f32x4.neg" F32x4Neg {} vunop(f32x4, fneg);
            [0xFD 0xE3 0x01] "f32x4.sqrt" F32x4Sqrt {} vunop(f32x4, fsqrt);
            [0xFD 0xE4 0x01] "f32x4.add" F32x4Add {} vbinop(f32x4, fadd);
            [0xFD 0xE5 0x01] "f32x4.sub" F32x4Sub {} vbinop(f32x4, fsub);
            [0xFD 0xE6 0x01] "f32x4.mul" F32x4Mul {} vbinop(f32x4, fmul);
            [0xFD 0xE7 0x01] "f32x4.div" F32x4Div {} vbinop(f32x4, fdiv);
            [0xFD 0xE8 0x01] "f32x4.min" F32x4Min {} vbinop(f32x4, fmin);
            [0xFD 0xE9 0x01] "f32x4.max" F32x4Max {} vbinop(f32x4, fmax);
            [0xFD 0xEA 0x01] "f32x4.pmin" F32x4PMin {} vbinop(f32x4, fpmin);
            [0xFD 0xEB 0x01] "f32x4.pmax" F32x4PMax {} vbinop(f32x4, fpmax);
            [0xFD 0xEC 0x01] "f64x2.abs" F64x2Abs {} vunop(f64x2, fabs);
            [0xFD 0xED 0x01] "f64x2.neg" F64x2Neg {} vunop(f64x2, fneg);
            [0xFD 0xEF 0x01] "f64x2.sqrt" F64x2Sqrt {} vunop(f64x2, fsqrt);
            [0xFD 0xF0 0x01] "f64x2.add" F64x2Add {} vbinop(f64x2, fadd);
            [0xFD 0xF1 0x01] "f64x2.sub" F64x2Sub {} vbinop(f64x2, fsub);
            [0xFD 0xF2 0x01] "f64x2.mul" F64x2Mul {} vbinop(f64x2, fmul);
            [0xFD 0xF3 0x01] "f64x2.div" F64x2Div {} vbinop(f64x2, fdiv);
            [0xFD 0xF4 0x01] "f64x2.min" F64x2Min {} vbinop(f64x2, fmin);
            [0xFD 0xF5 0x01] "f64x2.max" F64x2Max {} vbinop(f64x2, fmax);
            [0xFD 0xF6 0x01] "f64x2.pmin" F64x2PMin {} vbinop(f64x2, fpmin);
            [0xFD 0xF7 0x01] "f64x2.pmax" F64x2PMax {} vbinop(f64x2, fpmax);
            [0xFD 0xF8 0x01] "i32x4.trunc_sat_f32x4_s" I32x4TruncSatF32x4S {} vcvtop(f32x4, i32x4, whole, trunc_sat_s);
            [0xFD 0xF9 0x01] "i32x4.trunc_sat_f32x4_u" I32x4TruncSatF32x4U {} vcvtop(f32x4, i32x4, whole, trunc_sat_u);
            [0xFD 0xFA 0x01] "f32x4.convert_i32x4_s" F32x4ConvertI32x4S {} vcvtop(i32x4, f32x4, whole, convert_s);
            [0xFD 0xFB 0x01] "f32x4.convert_i32x4_u" F32x4ConvertI32x4U {} vcvtop(i32x4, f32x4, whole, convert_u);
            [0xFD 0xFC 0x01] "i32x4.trunc_sat_f64x2_s_zero" I32x4TruncSatF64x2SZero {}
                vcvtop(f64x2, i32x4, zero, trunc_sat_s);
            [0xFD 0xFD 0x01] "i32x4.trunc_sat_f64x2_u_zero" I32x4TruncSatF64x2UZero {}
                vcvtop(f64x2, i32x4, zero, trunc_sat_u);
            [0xFD 0xFE 0x01] "f64x2.convert_low_i32x4_s" F64x2ConvertLowI32x4S {} vcvtop(i32x4, f64x2, low, convert_s);
            [0xFD 0xFF 0x01] "f64x2.convert_low_i32x4_u" F64x2ConvertLowI32x4U {} vcvtop(i32x4, f64x2, low, convert_u);

            // Vector instructions whose result is one of a set (relaxed SIMD).
            [0xFD 0x80 0x02] "i8x16.relaxed_swizzle" I8x16RelaxedSwizzle {} vswizzlop(i8x16, irelaxed_swizzle_lane);
            [0xFD 0x81 0x02] "i32x4.relaxed_trunc_f32x4_s" I32x4RelaxedTruncF32x4S {}
                vcvtop(f32x4, i32x4, whole, relaxed_trunc_s);
            [0xFD 0x82 0x02] "i32x4.relaxed_trunc_f32x4_u" I32x4RelaxedTruncF32x4U {}
                vcvtop(f32x4, i32x4, whole, relaxed_trunc_u);
            [0xFD 0x83 0x02] "i32x4.relaxed_trunc_f64x2_s_zero" I32x4RelaxedTruncF64x2SZero {}
                vcvtop(f64x2, i32x4, zero, relaxed_trunc_s);
            [0xFD 0x84 0x02] "i32x4.relaxed_trunc_f64x2_u_zero" I32x4RelaxedTruncF64x2UZero {}
                vcvtop(f64x2, i32x4, zero, relaxed_trunc_u);
            [0xFD 0x85 0x02] "f32x4.relaxed_madd" F32x4RelaxedMadd {} vternop(f32x4, frelaxed_madd);
            [0xFD 0x86 0x02] "f32x4.relaxed_nmadd" F32x4RelaxedNmadd {} vternop(f32x4, frelaxed_nmadd);
            [0xFD 0x87 0x02] "f64x2.relaxed_madd" F64x2RelaxedMadd {} vternop(f64x2, frelaxed_madd);
            [0xFD 0x88 0x02] "f64x2.relaxed_nmadd" F64x2RelaxedNmadd {} vternop(f64x2, frelaxed_nmadd);
            [0xFD 0x89 0x02] "i8x16.relaxed_laneselect" I8x16RelaxedLaneselect {} vternop(i8x16, irelaxed_laneselect);
            [0xFD 0x8A 0x02] "i16x8.relaxed_laneselect" I16x8RelaxedLaneselect {} vternop(i16x8, irelaxed_laneselect);
            [0xFD 0x8B 0x02] "i32x4.relaxed_laneselect" I32x4RelaxedLaneselect {} vternop(i32x4, irelaxed_laneselect);
            [0xFD 0x8C 0x02] "i64x2.relaxed_laneselect" I64x2RelaxedLaneselect {} vternop(i64x2, irelaxed_laneselect);
            [0xFD 0x8D 0x02] "f32x4.relaxed_min" F32x4RelaxedMin {} vbinop(f32x4, frelaxed_min);
            [0xFD 0x8E 0x02] "f32x4.relaxed_max" F32x4RelaxedMax {} vbinop(f32x4, frelaxed_max);
            [0xFD 0x8F 0x02] "f64x2.relaxed_min" F64x2RelaxedMin {} vbinop(f64x2, frelaxed_min);
            [0xFD 0x90 0x02] "f64x2.relaxed_max" F64x2RelaxedMax {} vbinop(f64x2, frelaxed_max);
            [0xFD 0x91 0x02] "i16x8.relaxed_q15mulr_s" I16x8RelaxedQ15mulrS {} vbinop(i16x8, irelaxed_q15mulr_s);
            [0xFD 0x92 0x02] "i16x8.relaxed_dot_i8x16_i7x16_s" I16x8RelaxedDotI8x16I7x16S {}
                relaxed_vextbinop(ivdot_sat);
            [0xFD 0x93 0x02] "i32x4.relaxed_dot_i8x16_i7x16_add_s" I32x4RelaxedDotI8x16I7x16AddS {}
                vextternop(relaxed_dot_add_s);

            // Atomic memory instructions (of the threads proposal): a type, and the width of the access.
            [0xFE 0x00] "memory.atomic.notify" MemoryAtomicNotify { memarg as ao: MemArg } atomic_notify();
            [0xFE 0x01] "memory.atomic.wait32" MemoryAtomicWait32 { memarg as ao: MemArg } atomic_wait(i32);
            [0xFE 0x02] "memory.atomic.wait64" MemoryAtomicWait64 { memarg as ao: MemArg } atomic_wait(i64);
            [0xFE 0x03] "atomic.fence" AtomicFence {} atomic_fence();
            [0xFE 0x10] "i32.atomic.load" I32AtomicLoad { memarg as ao: MemArg } atomic_load(i32, W32);
            [0xFE 0x11] "i64.atomic.load" I64AtomicLoad { memarg as ao: MemArg } atomic_load(i64, W64);
            [0xFE 0x12] "i32.atomic.load8_u" I32AtomicLoad8U { memarg as ao: MemArg } atomic_load(i32, W8);
            [0xFE 0x13] "i32.atomic.load16_u" I32AtomicLoad16U { memarg as ao: MemArg } atomic_load(i32, W16);
            [0xFE 0x14] "i64.atomic.load8_u" I64AtomicLoad8U { memarg as ao: MemArg } atomic_load(i64, W8);
            [0xFE 0x15] "i64.atomic.load16_u" I64AtomicLoad16U { memarg as ao: MemArg } atomic_load(i64, W16);
            [0xFE 0x16] "i64.atomic.load32_u" I64AtomicLoad32U { memarg as ao: MemArg } atomic_load(i64, W32);
            [0xFE 0x17] "i32.atomic.store" I32AtomicStore { memarg as ao: MemArg } atomic_store(i32, W32);
            [0xFE 0x18] "i64.atomic.store" I64AtomicStore { memarg as ao: MemArg } atomic_store(i64, W64);
            [0xFE 0x19] "i32.atomic.store8" I32AtomicStore8 { memarg as ao: MemArg } atomic_store(i32, W8);
            [0xFE 0x1A] "i32.atomic.store16" I32AtomicStore16 { memarg as ao: MemArg } atomic_store(i32, W16);
            [0xFE 0x1B] "i64.atomic.store8" I64AtomicStore8 { memarg as ao: MemArg } atomic_store(i64, W8);
            [0xFE 0x1C] "i64.atomic.store16" I64AtomicStore16 { memarg as ao: MemArg } atomic_store(i64, W16);
            [0xFE 0x1D] "i64.atomic.store32" I64AtomicStore32 { memarg as ao: MemArg } atomic_store(i64, W32);
            [0xFE 0x1E] "i32.atomic.rmw.add" I32AtomicRmwAdd { memarg as ao: MemArg } atomic_rmw(i32, W32, iadd);
            [0xFE 0x1F] "i64.atomic.rmw.add" I64AtomicRmwAdd { memarg as ao: MemArg } atomic_rmw(i64, W64, iadd);
            [0xFE 0x20] "i32.atomic.rmw8.add_u" I32AtomicRmw8AddU { memarg as ao: MemArg } atomic_rmw(i32, W8, iadd);
            [0xFE 0x21] "i32.atomic.rmw16.add_u" I32AtomicRmw16AddU { memarg as ao: MemArg } atomic_rmw(i32, W16, iadd);
            [0xFE 0x22] "i64.atomic.rmw8.add_u" I64AtomicRmw8AddU { memarg as ao: MemArg } atomic_rmw(i64, W8, iadd);
            [0xFE 0x23] "i64.atomic.rmw16.add_u" I64AtomicRmw16AddU { memarg as ao: MemArg } atomic_rmw(i64, W16, iadd);
            [0xFE 0x24] "i64.atomic.rmw32.add_u" I64AtomicRmw32AddU { memarg as ao: MemArg } atomic_rmw(i64, W32, iadd);
            [0xFE 0x25] "i32.atomic.rmw.sub" I32AtomicRmwSub { memarg as ao: MemArg } atomic_rmw(i32, W32, isub);
            [0xFE 0x26] "i64.atomic.rmw.sub" I64AtomicRmwSub { memarg as ao: MemArg } atomic_rmw(i64, W64, isub);
            [0xFE 0x27] "i32.atomic.rmw8.sub_u" I32AtomicRmw8SubU { memarg as ao: MemArg } atomic_rmw(i32, W8, isub);
            [0xFE 0x28] "i32.atomic.rmw16.sub_u" I32AtomicRmw16SubU { memarg as ao: MemArg } atomic_rmw(i32, W16, isub);
            [0xFE 0x29] "i64.atomic.rmw8.sub_u" I64AtomicRmw8SubU { memarg as ao: MemArg } atomic_rmw(i64, W8, isub);
            [0xFE 0x2A] "i64.atomic.rmw16.sub_u" I64AtomicRmw16SubU { memarg as ao: MemArg } atomic_rmw(i64, W16, isub);
            [0xFE 0x2B] "i64.atomic.rmw32.sub_u" I64AtomicRmw32SubU { memarg as ao: MemArg } atomic_rmw(i64, W32, isub);
            [0xFE 0x2C] "i32.atomic.rmw.and" I32AtomicRmwAnd { memarg as ao: MemArg } atomic_rmw(i32, W32, iand);
            [0xFE 0x2D] "i64.atomic.rmw.and" I64AtomicRmwAnd { memarg as ao: MemArg } atomic_rmw(i64, W64, iand);
            [0xFE 0x2E] "i32.atomic.rmw8.and_u" I32AtomicRmw8AndU { memarg as ao: MemArg } atomic_rmw(i32, W8, iand);
            [0xFE 0x2F] "i32.atomic.rmw16.and_u" I32AtomicRmw16AndU { memarg as ao: MemArg } atomic_rmw(i32, W16, iand);
            [0xFE 0x30] "i64.atomic.rmw8.and_u" I64AtomicRmw8AndU { memarg as ao: MemArg } atomic_rmw(i64, W8, iand);
            [0xFE 0x31] "i64.atomic.rmw16.and_u" I64AtomicRmw16AndU { memarg as ao: MemArg } atomic_rmw(i64, W16, iand);
            [0xFE 0x32] "i64.atomic.rmw32.and_u" I64AtomicRmw32AndU { memarg as ao: MemArg } atomic_rmw(i64, W32, iand);
            [0xFE 0x33] "i32.atomic.rmw.or" I32AtomicRmwOr { memarg as ao: MemArg } atomic_rmw(i32, W32, ior);
            [0xFE 0x34] "i64.atomic.rmw.or" I64AtomicRmwOr { memarg as ao: MemArg } atomic_rmw(i64, W64, ior);
            [0xFE 0x35] "i32.atomic.rmw8.or_u" I32AtomicRmw8OrU { memarg as ao: MemArg } atomic_rmw(i32, W8, ior);
            [0xFE 0x36] "i32.atomic.rmw16.or_u" I32AtomicRmw16OrU { memarg as ao: MemArg } atomic_rmw(i32, W16, ior);
            [0xFE 0x37] "i64.atomic.rmw8.or_u" I64AtomicRmw8OrU { memarg as ao: MemArg } atomic_rmw(i64, W8, ior);
            [0xFE 0x38] "i64.atomic.rmw16.or_u" I64AtomicRmw16OrU { memarg as ao: MemArg } atomic_rmw(i64, W16, ior);
            [0xFE 0x39] "i64.atomic.rmw32.or_u" I64AtomicRmw32OrU { memarg as ao: MemArg } atomic_rmw(i64, W32, ior);
            [0xFE 0x3A] "i32.atomic.rmw.xor" I32AtomicRmwXor { memarg as ao: MemArg } atomic_rmw(i32, W32, ixor);
            [0xFE 0x3B] "i64.atomic.rmw.xor" I64AtomicRmwXor { memarg as ao: MemArg } atomic_rmw(i64, W64, ixor);
            [0xFE 0x3C] "i32.atomic.rmw8.xor_u" I32AtomicRmw8XorU { memarg as ao: MemArg } atomic_rmw(i32, W8, ixor);
            [0xFE 0x3D] "i32.atomic.rmw16.xor_u" I32AtomicRmw16XorU { memarg as ao: MemArg } atomic_rmw(i32, W16, ixor);
            [0xFE 0x3E] "i64.atomic.rmw8.xor_u" I64AtomicRmw8XorU { memarg as ao: MemArg } atomic_rmw(i64, W8, ixor);
            [0xFE 0x3F] "i64.atomic.rmw16.xor_u" I64AtomicRmw16XorU { memarg as ao: MemArg } atomic_rmw(i64, W16, ixor);
            [0xFE 0x40] "i64.atomic.rmw32.xor_u" I64AtomicRmw32XorU { memarg as ao: MemArg } atomic_rmw(i64, W32, ixor);
            [0xFE 0x41] "i32.atomic.rmw.xchg" I32AtomicRmwXchg { memarg as ao: MemArg } atomic_rmw(i32, W32, xchg);
            [0xFE 0x42] "i64.atomic.rmw.xchg" I64AtomicRmwXchg { memarg as ao: MemArg } atomic_rmw(i64, W64, xchg);
            [0xFE 0x43] "i32.atomic.rmw8.xchg_u" I32AtomicRmw8XchgU { memarg as ao: MemArg } atomic_rmw(i32, W8, xchg);
            [0xFE 0x44] "i32.atomic.rmw16.xchg_u" I32AtomicRmw16XchgU { memarg as ao: MemArg }
                atomic_rmw(i32, W16, xchg);
            [0xFE 0x45] "i64.atomic.rmw8.xchg_u" I64AtomicRmw8XchgU { memarg as ao: MemArg } atomic_rmw(i64, W8, xchg);
            [0xFE 0x46] "i64.atomic.rmw16.xchg_u" I64AtomicRmw16XchgU { memarg as ao: MemArg }
                atomic_rmw(i64, W16, xchg);
            [0xFE 0x47] "i64.atomic.rmw32.xchg_u" I64AtomicRmw32XchgU { memarg as ao: MemArg }
                atomic_rmw(i64, W32, xchg);
            [0xFE 0x48] "i32.atomic.rmw.cmpxchg" I32AtomicRmwCmpxchg { memarg as ao: MemArg } atomic_cmpxchg(i32, W32);
            [0xFE 0x49] "i64.atomic.rmw.cmpxchg" I64AtomicRmwCmpxchg { memarg as ao: MemArg } atomic_cmpxchg(i64, W64);
            [0xFE 0x4A] "i32.atomic.rmw8.cmpxchg_u" I32AtomicRmw8CmpxchgU { memarg as ao: MemArg }
                atomic_cmpxchg(i32, W8);
            [0xFE 0x4B] "i32.atomic.rmw16.cmpxchg_u" I32AtomicRmw16CmpxchgU { memarg as ao: MemArg }
                atomic_cmpxchg(i32, W16);
            [0xFE 0x4C] "i64.atomic.rmw8.cmpxchg_u" I64AtomicRmw8CmpxchgU { memarg as ao: MemArg }
                atomic_cmpxchg(i64, W8);
            [0xFE 0x4D] "i64.atomic.rmw16.cmpxchg_u" I64AtomicRmw16CmpxchgU { memarg as ao: MemArg }
                atomic_cmpxchg(i64, W16);
            [0xFE 0x4E] "i64.atomic.rmw32.cmpxchg_u" I64AtomicRmw32CmpxchgU { memarg as ao: MemArg }
                atomic_cmpxchg(i64, W32);
        }
    };
}
pub(crate) use for_each_instruction;
