//! Modules that stand between a driver's interface and what that can't carry bit by bit.
//!
//! A `f32` crosses as the `i32` of the same bits, a `f64` as an `i64`, a `v128` as two `i64`, the lower half first. All
//! others cross as they are. An adapter exports what it wraps as `call`, or a global as `get` and `set`.

use std::slice;

use assay_interp::exec::Value;
use assay_interp::syntax::{FuncType, GlobalType, Idx, Module, NumType, ValType};
use wasm_encoder::{
    AbstractHeapType, CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, HeapType,
    ImportSection, InstructionSink, RefType, TypeSection,
};

use crate::provider::{types, val_type};

/// The export that calls.
pub(crate) const CALL: &str = "call";
/// The export that reads a global.
pub(crate) const GET: &str = "get";
/// The export that sets a global.
pub(crate) const SET: &str = "set";

/// What an adapter imports the wrapped item as.
pub(crate) const WRAPPED: (&str, &str) = ("assay", "wrapped");

/// Which values an interface carries bit by bit, beside integers of 32 and 64 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Carries {
    /// `f32`
    pub f32: bool,
    /// `f64`
    pub f64: bool,
    /// `v128`
    pub v128: bool,
}

impl Carries {
    /// All of them.
    pub const ALL: Carries = Carries { f32: true, f64: true, v128: true };

    /// Those that are named.
    pub fn named(names: &[String]) -> Carries {
        let has = |name: &str| names.iter().any(|n| n == name);
        Carries { f32: has("f32"), f64: has("f64"), v128: has("v128") }
    }

    /// Their names, and those of what is always carried.
    pub fn names(self) -> Vec<String> {
        let beside = [(self.f32, "f32"), (self.f64, "f64"), (self.v128, "v128")];
        let beside = beside.iter().filter(|(has, _)| *has).map(|(_, name)| *name);
        ["i32", "i64"].into_iter().chain(beside).map(str::to_owned).collect()
    }

    /// Whether a value of this type crosses as it is. References do, as handles.
    pub(crate) fn carries(self, t: ValType) -> bool {
        match t {
            ValType::Num(NumType::F32) => self.f32,
            ValType::Num(NumType::F64) => self.f64,
            ValType::V128 => self.v128,
            ValType::Num(NumType::I32 | NumType::I64) | ValType::Ref(_) => true,
        }
    }

    /// Whether a function of this type can be called without an adapter.
    pub(crate) fn carries_all(self, ty: &FuncType) -> bool {
        ty.params.iter().chain(&ty.results).all(|t| self.carries(*t))
    }

    /// The types as which a value of this type crosses.
    fn lowered(self, t: &ValType) -> &[ValType] {
        match t {
            t if self.carries(*t) => slice::from_ref(t),
            ValType::Num(NumType::F32) => &[ValType::I32],
            ValType::V128 => &[ValType::I64; 2],
            _ => &[ValType::I64],
        }
    }

    /// The types as which these cross.
    pub(crate) fn lower_types(self, types: &[ValType]) -> Vec<ValType> {
        types.iter().flat_map(|t| self.lowered(t)).copied().collect()
    }

    fn lower_type(self, ty: &FuncType) -> FuncType {
        FuncType { params: self.lower_types(&ty.params), results: self.lower_types(&ty.results) }
    }

    /// The values as which these cross.
    pub(crate) fn lower(self, values: &[Value]) -> Vec<Value> {
        let lower = |v: &Value| match *v {
            Value::F32(c) if !self.f32 => vec![Value::I32(c)],
            Value::F64(c) if !self.f64 => vec![Value::I64(c)],
            Value::V128(c) if !self.v128 => vec![Value::I64(c as u64), Value::I64((c >> 64) as u64)],
            other => vec![other],
        };
        values.iter().flat_map(lower).collect()
    }

    /// The values of these types that have crossed as `values`; none if those aren't theirs.
    pub(crate) fn lift(self, values: &[Value], types: &[ValType]) -> Option<Vec<Value>> {
        let mut rest = values.iter().copied();
        let mut lift = |t: &ValType| {
            let first = rest.next()?;
            Some(match (t, first) {
                (t, value) if self.carries(*t) => value,
                (ValType::Num(NumType::F32), Value::I32(c)) => Value::F32(c),
                (ValType::Num(NumType::F64), Value::I64(c)) => Value::F64(c),
                (ValType::V128, Value::I64(low)) => match rest.next()? {
                    Value::I64(high) => Value::V128(u128::from(low) | u128::from(high) << 64),
                    _ => return None,
                },
                _ => return None,
            })
        };
        let lifted: Option<Vec<Value>> = types.iter().map(&mut lift).collect();
        lifted.filter(|_| rest.next().is_none())
    }
}

/// A module that imports a function of a type of `module`, at this index, and exports it with what crosses.
pub(crate) fn function(module: &Module, ty: Idx, carries: Carries) -> Vec<u8> {
    let inner = module.func_type(ty);
    let (mut types, own) = (types(module), module.types.len() as u32);
    add_type(&mut types, &carries.lower_type(inner));
    let mut code = Code::new(carries, carries.lower_types(&inner.params).len());
    code.raise(&inner.params, 0);
    code.instr().call(0);
    let results = code.keep(&inner.results);
    code.lower(&inner.results, results);
    wrap(types, WRAPPED, ty, own, code)
}

/// A module that imports a function of what crosses, and exports it as one of a type of `module`, at this index.
pub(crate) fn host(module: &Module, ty: Idx, import: (&str, &str), carries: Carries) -> Vec<u8> {
    let outer = module.func_type(ty);
    let (mut types, own) = (types(module), module.types.len() as u32);
    let inner = carries.lower_type(outer);
    add_type(&mut types, &inner);
    let mut code = Code::new(carries, outer.params.len());
    code.lower(&outer.params, 0);
    code.instr().call(0);
    let results = code.keep(&inner.results);
    code.raise(&outer.results, results);
    wrap(types, import, own, ty, code)
}

fn add_type(types: &mut TypeSection, ty: &FuncType) {
    let list = |ts: &[ValType]| ts.iter().map(|t| val_type(*t)).collect::<Vec<_>>();
    types.ty().function(list(&ty.params), list(&ty.results));
}

/// A module with one imported function, and one exported that wraps it.
fn wrap(types: TypeSection, import: (&str, &str), inner: u32, outer: u32, code: Code) -> Vec<u8> {
    let (mut imports, mut funcs) = (ImportSection::new(), FunctionSection::new());
    let (mut exports, mut bodies) = (ExportSection::new(), CodeSection::new());
    imports.import(import.0, import.1, EntityType::Function(inner));
    funcs.function(outer);
    exports.export(CALL, ExportKind::Func, 1);
    bodies.function(&code.finish());
    let mut wasm = wasm_encoder::Module::new();
    wasm.section(&types).section(&imports).section(&funcs).section(&exports).section(&bodies);
    wasm.finish()
}

/// A module that imports a global of a number or vector type, and exports functions that read and set it.
pub(crate) fn global(ty: GlobalType, carries: Carries) -> Vec<u8> {
    let crosses = carries.lower_types(&[ty.val]);
    let (mut types, mut imports, mut funcs) = (TypeSection::new(), ImportSection::new(), FunctionSection::new());
    let (mut exports, mut bodies) = (ExportSection::new(), CodeSection::new());
    let val_type = val_type(ty.val);
    let imported = wasm_encoder::GlobalType { val_type, mutable: ty.mutable, shared: false };
    imports.import(WRAPPED.0, WRAPPED.1, EntityType::Global(imported));
    // A result of two halves would need multi-value, which whoever has vectors has.
    add_type(&mut types, &FuncType { params: Vec::new(), results: crosses.clone() });
    funcs.function(0);
    exports.export(GET, ExportKind::Func, 0);
    let mut code = Code::new(carries, 0);
    code.instr().global_get(0);
    let value = code.keep(&[ty.val]);
    code.lower(&[ty.val], value);
    bodies.function(&code.finish());
    if ty.mutable {
        add_type(&mut types, &FuncType { params: crosses.clone(), results: Vec::new() });
        funcs.function(1);
        exports.export(SET, ExportKind::Func, 1);
        let mut code = Code::new(carries, crosses.len());
        code.raise(&[ty.val], 0);
        code.instr().global_set(0);
        bodies.function(&code.finish());
    }
    let mut wasm = wasm_encoder::Module::new();
    wasm.section(&types).section(&imports).section(&funcs).section(&exports).section(&bodies);
    wasm.finish()
}

/// What [`classifier`] exports for references of the hierarchy of `any`, and for those outside.
pub(crate) const CLASSES: [(&str, &str); 2] = [("any", "any-i31"), ("extern", "extern-i31")];

/// A module that tells what a reference is to, as 1 for an `i31`, 2 for a structure, 4 for an array, 0 for none of
/// these; and which number is in an `i31`.
pub(crate) fn classifier() -> Vec<u8> {
    let (mut types, mut funcs) = (TypeSection::new(), FunctionSection::new());
    let (mut exports, mut bodies) = (ExportSection::new(), CodeSection::new());
    let heap = |ty| HeapType::Abstract { shared: false, ty };
    let kinds = [AbstractHeapType::I31, AbstractHeapType::Struct, AbstractHeapType::Array].map(heap);
    for (i, (class, number)) in CLASSES.into_iter().enumerate() {
        let is_outside = i == 1;
        let param = if is_outside { RefType::EXTERNREF } else { RefType::ANYREF };
        types.ty().function([wasm_encoder::ValType::Ref(param)], [wasm_encoder::ValType::I32]);
        let inside = |code: &mut InstructionSink<'_>| {
            code.local_get(0);
            if is_outside {
                code.any_convert_extern();
            }
        };
        let (mut classes, mut numbers) = (Function::new([]), Function::new([]));
        let mut code = classes.instructions();
        code.i32_const(0);
        for (bit, kind) in kinds.into_iter().enumerate() {
            inside(&mut code);
            code.ref_test_non_null(kind).i32_const(bit as i32).i32_shl().i32_or();
        }
        code.end();
        let mut code = numbers.instructions();
        inside(&mut code);
        code.ref_cast_non_null(kinds[0]).i31_get_u().end();
        for (name, body) in [(class, &classes), (number, &numbers)] {
            exports.export(name, ExportKind::Func, funcs.len());
            funcs.function(i as u32);
            bodies.function(body);
        }
    }
    let mut wasm = wasm_encoder::Module::new();
    wasm.section(&types).section(&funcs).section(&exports).section(&bodies);
    wasm.finish()
}

/// The body of a function under way.
struct Code {
    carries: Carries,
    params: usize,
    /// Locals beside the parameters.
    locals: Vec<wasm_encoder::ValType>,
    bytes: Vec<u8>,
}

impl Code {
    fn new(carries: Carries, params: usize) -> Code {
        Code { carries, params, locals: Vec::new(), bytes: Vec::new() }
    }

    fn instr(&mut self) -> InstructionSink<'_> {
        InstructionSink::new(&mut self.bytes)
    }

    /// Moves values of these types from the stack to new locals, and gives the first one.
    fn keep(&mut self, types: &[ValType]) -> u32 {
        let first = (self.params + self.locals.len()) as u32;
        self.locals.extend(types.iter().map(|t| val_type(*t)));
        (first..first + types.len() as u32).rev().for_each(|local| {
            self.instr().local_set(local);
        });
        first
    }

    /// Pushes values of these types, which are in locals from this one on, as what crosses.
    fn lower(&mut self, types: &[ValType], first: u32) {
        for (local, t) in (first..).zip(types) {
            let carried = self.carries.carries(*t);
            let mut code = self.instr();
            code.local_get(local);
            match t {
                _ if carried => {}
                ValType::Num(NumType::F32) => _ = code.i32_reinterpret_f32(),
                ValType::V128 => _ = code.i64x2_extract_lane(0).local_get(local).i64x2_extract_lane(1),
                _ => _ = code.i64_reinterpret_f64(),
            }
        }
    }

    /// Pushes values of these types, of which what crosses is in locals from this one on.
    fn raise(&mut self, types: &[ValType], first: u32) {
        let mut local = first;
        for t in types {
            let carried = self.carries.carries(*t);
            let mut code = self.instr();
            code.local_get(local);
            match t {
                _ if carried => {}
                ValType::Num(NumType::F32) => _ = code.f32_reinterpret_i32(),
                ValType::V128 => {
                    local += 1;
                    code.i64x2_splat().local_get(local).i64x2_replace_lane(1);
                }
                _ => _ = code.f64_reinterpret_i64(),
            }
            local += 1;
        }
    }

    fn finish(mut self) -> Function {
        self.instr().end();
        let mut function = Function::new_with_locals_types(self.locals);
        function.raw(self.bytes);
        function
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Budgets, Engine, Interp, Link, Outcome, Source};
    use assay_interp::binary;
    use proptest::prelude::*;

    /// A module of functions that give back what they are given, in another order, and of a global of each type.
    const MODULE: &str = r#"(module
      (type $s (struct (field i32)))
      (func (export "swap") (param i32 f32 f64 v128 (ref null $s)) (result (ref null $s) v128 f64 f32 i32)
        local.get 4 local.get 3 local.get 2 local.get 1 local.get 0)
      (global (export "f32") (mut f32) (f32.const nan:0x200001))
      (global (export "v128") (mut v128) (v128.const i64x2 1 -2)))"#;

    fn carries() -> impl Strategy<Value = Carries> {
        any::<(bool, bool, bool)>().prop_map(|(f32, f64, v128)| Carries { f32, f64, v128 })
    }

    fn link(interp: &mut Interp, instance: usize, export: &str, adapter: &[u8]) -> usize {
        let from = Source::Instance(instance, export.into());
        interp.instantiate(adapter, &[Link { module: WRAPPED.0.into(), name: WRAPPED.1.into(), from }]).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Whatever an interface carries, all bits arrive.
        #[test]
        fn functions_and_globals_keep_all_bits(
            carries in carries(), i in any::<u32>(), f in any::<u32>(), d in any::<u64>(), v in any::<u128>()
        ) {
            let wasm = wat::parse_str(MODULE).unwrap();
            let module = binary::decode(&wasm).unwrap();
            let mut interp = Interp::new(Budgets::default());
            let instance = interp.instantiate(&wasm, &[]).unwrap();
            let null = Value::default_of(ValType::Ref(assay_interp::syntax::RefType::null(
                assay_interp::syntax::HeapType::Any))).unwrap();
            let args = [Value::I32(i), Value::F32(f), Value::F64(d), Value::V128(v), null];
            let ty = module.func_type(1);
            let adapter = function(&module, 1, carries);
            let adapter = link(&mut interp, instance, "swap", &adapter);
            let Outcome::Returned(values) = interp.invoke(adapter, CALL, &carries.lower(&args)) else { panic!() };
            let mut wanted = args.to_vec();
            wanted.reverse();
            prop_assert_eq!(carries.lift(&values, &ty.results), Some(wanted));

            for (name, ty, value) in [("f32", ValType::F32, Value::F32(f)), ("v128", ValType::V128, Value::V128(v))] {
                let adapter = global(GlobalType { mutable: true, val: ty }, carries);
                let adapter = link(&mut interp, instance, name, &adapter);
                prop_assert_eq!(
                    interp.invoke(adapter, SET, &carries.lower(&[value])), Outcome::Returned(Vec::new()));
                prop_assert_eq!(interp.get(instance, name).unwrap(), value);
                let Outcome::Returned(values) = interp.invoke(adapter, GET, &[]) else { panic!() };
                prop_assert_eq!(carries.lift(&values, &[ty]), Some(vec![value]));
            }
        }
    }

    #[test]
    fn values_of_other_types_are_not_lifted() {
        let none = Carries::default();
        assert_eq!(none.lift(&[Value::I32(1)], &[ValType::V128]), None);
        assert_eq!(none.lift(&[Value::I64(1)], &[ValType::V128]), None);
        assert_eq!(none.lift(&[Value::I32(1), Value::I32(1)], &[ValType::F32]), None);
        assert_eq!(Carries::named(&["f64".into(), "i128".into()]), Carries { f64: true, ..none });
    }

    #[test]
    fn references_are_told_apart() {
        let wasm = wat::parse_str(
            r#"(module (type $s (struct)) (type $a (array i8))
                 (func (export "i31") (result anyref) (ref.i31 (i32.const 5)))
                 (func (export "struct") (result anyref) (struct.new $s))
                 (func (export "array") (result anyref) (array.new_default $a (i32.const 1)))
                 (func (export "outside") (param anyref) (result externref) (extern.convert_any (local.get 0))))"#,
        )
        .unwrap();
        let mut interp = Interp::new(Budgets::default());
        let (module, classifier) = (interp.instantiate(&wasm, &[]).unwrap(), classifier());
        let classifier = interp.instantiate(&classifier, &[]).unwrap();
        for (name, class) in [("i31", 1), ("struct", 2), ("array", 4)] {
            let Outcome::Returned(inside) = interp.invoke(module, name, &[]) else { panic!("{name}") };
            let Outcome::Returned(outside) = interp.invoke(module, "outside", &inside) else { panic!("{name}") };
            for ((classes, number), value) in CLASSES.into_iter().zip([inside, outside]) {
                assert_eq!(interp.invoke(classifier, classes, &value), Outcome::Returned(vec![Value::I32(class)]));
                if class == 1 {
                    assert_eq!(interp.invoke(classifier, number, &value), Outcome::Returned(vec![Value::I32(5)]));
                }
            }
        }
    }
}
