# SPDX-License-Identifier: MIT
"""What mutation.py breaks in the kernels, found by patterns so that it follows the code.

Only what changes a bit somewhere by the rules of kernels/moments.h stands here: a mutant that survives is a hole in
the contract. A pattern that matches nothing any more is a failure too, so that the list follows the code.
"""
import dataclasses

TERMS = 'kernels/moments_terms.h'
RULES = 'kernels/moments.h'


@dataclasses.dataclass(frozen=True)
class Mutation:
    """Every match of a pattern in a file is replaced in turn; within says where: a pattern that ends with an opening
    parenthesis is a function, any other one spans the place. is_joint: all matches in all paths at once."""
    what: str
    paths: tuple
    pattern: str
    replacement: str
    within: str = None
    at_least: int = 1
    is_joint: bool = False
    instruction_set: str = None

    def for_set(self, name):
        return self if self.instruction_set else dataclasses.replace(self, instruction_set=name)


def at(path, what, pattern, replacement, **more):
    return Mutation(what, (path,), pattern, replacement, **more)


def each_call(path, name, within, at_least):
    """Every statement in a function that calls what begins with name is left out."""
    return at(path, f'no call in {within[:-1]}', rf'^ +{name}\w*\([^;]*\);', ';', within=rf'\b{within[:-1]}\(',
              at_least=at_least)


ARITHMETIC = (
    at(TERMS, 'a term is left out', r'^    \*\w+ = MOMENTS_\w+\([^;]*\);', ';', at_least=18),
    at(TERMS, 'two roundings', r'MOMENTS_FMA\((\w+), (\w+), (\*\w+)\);', r'MOMENTS_ADD(MOMENTS_MUL(\1, \2), \3);',
       at_least=10),
    at(TERMS, 'an operand for the other', r'MOMENTS_FMA\((\w+), (?!\1\b)(\w+), ', r'MOMENTS_FMA(\1, \1, ', at_least=5),
    at(TERMS, 'operands swapped', r'MOMENTS_SUB\((\w+), (\w+)\)', r'MOMENTS_SUB(\2, \1)', at_least=2),
    at(TERMS, 'no absolute value', r'MOMENTS_ABS\((\w+)\)', r'\1', at_least=2),
    at(TERMS, 'not weighed', r'MOMENTS_MUL\(m, (\w+)\)', r'\1', at_least=4),
    at(RULES, 'unpacked in one rounding', r'const double scaled = raw \* scale;\s+return scaled \+ offset;',
       'return fma(raw, scale, offset);'),
    at(RULES, 'a NaN as it comes', r'return x == x \? x : \(double\)NAN;', 'return x;'),
    at(RULES, 'everything is finite', r'return x - x == 0\.0;', 'return x == x || x != x;'),
)

TILE = 'kernels/cpu_tile.c'
LANE = 'kernels/cpu_lanes.h'
PLAIN = 'kernels/cpu_plain.h'
SHARED = 'kernels/cpu_shared.h'
REGIONS = 'kernels/cpu_regions.h'
MASKED = 'kernels/cpu_masked.h'
SEGMENT = 'kernels/cpu_segment.h'
VECTOR = 'kernels/cpu_vector.h'
SECTION_V4 = r'#if defined\(__AVX512F__\)\n\nenum(?s:.*?)\n#elif'
SECTION_V3 = r'#elif defined\(__AVX2__\)\n\nenum(?s:.*?)\n#else'

CPU = (
    each_call(PLAIN, 'vec_', 'plain_step(', 4),
    each_call(PLAIN, 'plain_line', 'plain_blocks(', 2),
    each_call(PLAIN, 'plain_block', 'plain_line(', 1),
    each_call(PLAIN, 'plain_step', 'plain_block(', 1),
    each_call(PLAIN, 'plain_step', 'plain_tail(', 1),
    each_call(PLAIN, 'lanes_store', 'plain_store(', 6),
    each_call(PLAIN, 'lanes_load', 'plain_load(', 2),
    each_call(PLAIN, 'plain_load', 'plain_tail(', 1),
    each_call(PLAIN, 'plain_load', 'plain_pass(', 1),
    each_call(PLAIN, 'plain_store', 'plain_pass(', 1),
    each_call(PLAIN, 'plain_store', 'plain_tail(', 1),
    each_call(PLAIN, 'lanes_clear', 'plain_pass(', 2),
    each_call(PLAIN, 'plain_tail', 'plain_add(', 1),
    at(PLAIN, 'not all groups in one go', r'at_once && has_([cr])(?=[,}])', 'false', at_least=2, instruction_set='v4'),
    at(PLAIN, 'a group is left out', r'^ +plain_pass\(passes\[\d\][^;]*;', ';', at_least=3, instruction_set='v3'),
    each_call(PLAIN, 'extremes_blocks', 'plain_line(', 1),
    each_call(PLAIN, 'extremes_tail', 'plain_tail(', 1),
    at(PLAIN, 'no extreme', r'^ +sums->(?:least|most) = [^;]*;', ';', at_least=2),
    each_call(SHARED, 'vec_', 'truth_step(', 3),
    each_call(SHARED, 'vec_', 'shared_step(', 3),
    each_call(SHARED, 'truth_step', 'truth_sums_add(', 2),
    each_call(SHARED, 'shared_step', 'decoded_add(', 1),
    each_call(SHARED, 'extremes_find', 'decoded_add(', 1),
    each_call(SHARED, 'forecasts_line', 'forecasts_blocks(', 2),
    each_call(SHARED, 'forecasts_block', 'forecasts_line(', 1),
    each_call(SHARED, 'extremes_blocks', 'forecasts_line(', 1),
    each_call(SHARED, 'extremes_tail', 'forecast_tail(', 1),
    each_call(SHARED, 'shared_step', 'forecasts_block(', 1),
    each_call(SHARED, 'shared_step', 'forecast_tail(', 1),
    each_call(SHARED, 'lanes_load', 'forecast_tail(', 1),
    each_call(SHARED, 'lanes_load', 'forecasts_add(', 1),
    each_call(SHARED, 'lanes_clear', 'forecasts_add(', 1),
    each_call(SHARED, 'forecast_tail', 'forecasts_add(', 1),
    at(SHARED, 'points beyond the end', r'vec_load_first\((p->o \+ i), n\)', r'vec_load(\1)', instruction_set='v3'),
    at(SHARED, 'points beyond the end', r'vec_load_first\((f \+ i), left\)', r'vec_load(\1)', instruction_set='v3'),
    at(SHARED, 'no extreme', r'^ +sums\[j\]\.(?:least|most) = [^;]*;', ';', at_least=2),
    at(SHARED, 'the first of those in step again', r'f->plain\[j\](?! \+ at\b)', 'f->plain[0]', at_least=3, instruction_set='v4'),
    at(LANE, 'no extreme', r'^ +\*(?:least|most) = (?:lows|highs|x)\[[^;]*;', ';', at_least=4),
    at(LANE, 'no extreme', r'^ +(?:low|high)\[k\] = vec_m\w+\([^;]*\);', ';', at_least=2),
    at(LANE, 'no extreme', r'^ +e->(?:low|high) = floats_m[^;]*;', ';', at_least=4),
    at(LANE, 'an extreme beyond the blocks', r'fills \|\| at < last \? at : last', 'at', instruction_set='v3'),
    at(LANE, 'an extreme beyond the end', r'n - k < FLOATS \? n - k : FLOATS', 'FLOATS', instruction_set='v3'),
    at(LANE, 'the same values again', r'g \* n \+ k', 'g + k', instruction_set='v3'),
    at(LANE, 'points beyond the end', r'n - g < VEC_LANES \? n - g : VEC_LANES', 'VEC_LANES', instruction_set='v3'),
    at(MASKED, 'a count is left out', r'^ +s\[ROW_\w+\] =\s+vec_add\([^;]*\);', ';', at_least=7),
    at(MASKED, 'a term is left out', r'^ +vec_m_\w+\([^;]*\);', ';', at_least=9),
    at(MASKED, 'what is missing is looked at', r'vec_both\((has_\w+|counts), (has_o|vec_finite\(\w\))\)', r'\1',
       at_least=5),
    at(MASKED, 'a point left out is looked at', r'vec_both\(vec_positive\(m\), (vec_finite\(\w\))\)', r'\1',
       at_least=2),
    at(MASKED, 'a point left out is looked at', r'counts = vec_positive\(m\)', 'counts = vec_finite(m)'),
    at(MASKED, 'a missing value as it is', r'masked\((?:both|all|has_\w+), ((?:[^()]|\([^()]*\))+)\)', r'\1',
       at_least=12),
    at(MASKED, 'no extreme', r'^ +(?:low|high) =\s*vec_\w+\([^;]*\);', ';', at_least=2),
    at(MASKED, 'an extreme of no lane but the first', r'size_t l = 1; l < LANES', 'size_t l = LANES; l < LANES'),
    at(MASKED, 'a zero keeps its sign', r'(low|high) \+ 0\.0', r'\1', at_least=2),
    at(SEGMENT, 'a code is a value', r'raw\[i\] == code \?', '0 ?'),
    at(SEGMENT, 'not unpacked', r'out\[i\] = moments_unpack\(out\[i\], field->scale, field->offset\);', ';',
       at_least=2),
    at(SEGMENT, 'a plane is not looked at', r'plane != NULL \? s->m\[i\] : 1\.0', '1.0'),
    at(SEGMENT, 'a plane counts behind its end', r'i < s->n && ', ''),
    at(TILE, 'a sum of the truth is left out', r'^ +row\[ROW_\w+\] = [^;]*;', ';', within=r'\btruth_merge\(',
       at_least=9),
    at(TILE, 'what is missing is not seen', r'^ +return finite;', '    return true;', within=r'\bforecast_merge\('),
    at(TILE, 'one sum speaks for all', r'finite = finite && ', 'finite = '),
    at(TILE, 'a sum of the reference group is left out', r'^ +row\[ROW_REFERENCE_\w+\] = [^;]*;', ';',
       within=r'\bforecast_merge\(', at_least=2),
    at(TILE, 'a zero keeps its sign', r's->(least|most) \+ 0\.0', r's->\1', at_least=2),
    at(TILE, 'the first segment again', r'first \+ done', 'first', at_least=2),
    at(TILE, 'another row is decoded', r'row \* n_lon, n_lon', '0, n_lon', at_least=3),
    at(TILE, 'another row is decoded', r'i \* n_lon, n_lon', '0, n_lon'),
    at(SHARED, 'no difference from the climatology', r'vec_sub\(x\.o, x\.c\)', 'x.o'),
    at(TILE, 'another strip of the truth', r'\(span->strip - g->rows\.first_strip\)', '0', at_least=1, is_joint=True),
    at(TILE, 'the strip begins with the row', r'in->first_column', '0'),
    at(TILE, 'another plane', r'layout_planes\((.*?)\)\[in->plane\]', r'layout_planes(\1)[0]'),
    at(TILE, 'another forecast\'s masked sums', r'&g->forecasts\[j\], first', '&g->forecasts[0], first'),
    at(TILE, 'another forecast', r'&g->forecasts\[j(?: \+ k)?\], (at|i \*)', r'&g->forecasts[0], \1', at_least=2),
    at(REGIONS, 'no plain sums', r'^ +s\[0\] = vec_add\(s\[0\], x\);', ';'),
    at(REGIONS, 'weighted in two roundings', r'vec_fma\((vec_of\(weight[^;]*\)), x, (s\[[^;]*\])\);',
       r'vec_add(vec_mul(\1, x), \2);'),
    at(REGIONS, 'the first row\'s weight', r'weight\[w \* n_lat \+ i\]', 'weight[w * n_lat]'),
    at(REGIONS, 'the first weighting again', r'weight\[w \* n_lat \+ i\]', 'weight[i]'),
    at(REGIONS, 'the first weighting again', r'weight \+ w \* n_lat', 'weight'),
    at(REGIONS, 'the weights begin with the grid', r'layout_weights\(layout\) \+ first', 'layout_weights(layout)'),
    at(REGIONS, 'no extreme', r'^ +\*(?:low|high) = [^;]*;', ';', within=r'\bstrips_extremes\(', at_least=2),
    at(REGIONS, 'a region without a point has extremes', r'sums\[ROW_FORECAST_MIN\] > sums\[ROW_FORECAST_MAX\]', '0'),
    at(REGIONS, 'extremes that begin with a value', r'= -?\(double\)INFINITY;', '= 0.0;', at_least=2),
    at(REGIONS, 'another region', r' region->first_index \+', ''),
    at(REGIONS, 'the first rows again', r'\(first - region->first_row\) \* region->n_parts', '0'),
    at(REGIONS, 'a part is left out', r'size_t p = 1; p < n_parts', 'size_t p = 2; p < n_parts'),
    at(REGIONS, 'another forecast\'s row', r'\* s->n_forecasts \+ j\)', '* s->n_forecasts)'),
    at(REGIONS, 'the region has no extreme', r'^ +sums\[ROW_FORECAST_M\w+\] = (?:low|high);', ';', at_least=2),
    at(REGIONS, 'the first row is left out', r'from = s->first > [^;]*', r'\g<0> + 1'),
    at(REGIONS, 'the last row is left out', r's->end < region_end \? s->end : region_end', r'\g<0> - 1'),
    at(REGIONS, 'rows before the region', r'from = s->first > [^;]*', 'from = s->first'),
    at(REGIONS, 'weighted extremes', r'^ +sums\[ROW_FORECAST_MIN\] = sums\[ROW_FORECAST_MAX\] = 0\.0;', ';'),
    at(REGIONS, 'a NaN as it comes', r'moments_nan\(sums\[i\]\)', 'sums[i]'),
    each_call(TILE, 'regions_add', 'row_plain(', 1),
    each_call(TILE, 'regions_add', 'row_shared(', 1),
    at(TILE, 'the second in step is not added', r'j, j \+ n_done\)', 'j, j + 1)', instruction_set='v4'),
    at(TILE, 'the first forecasts again', r'tile->forecasts \+ j,', 'tile->forecasts,'),
    at(TILE, 'the first forecasts\' place', r'\.sums = sums \+ j \* layout_n_sums\(layout\)', '.sums = sums'),
    at(VECTOR, 'lanes merge in another order', r'0xdd\b', '0x88', within=SECTION_V4, instruction_set='v4'),
    at(VECTOR, 'lanes merge in another order', r'0xee\b', '0x44', within=SECTION_V4, at_least=1, instruction_set='v4'),
    at(VECTOR, 'the last lanes do not merge', r'unpackhi', 'unpacklo', within=SECTION_V4, instruction_set='v4'),
    at(VECTOR, 'sums in another order', r'_mm512_permutexvar_pd\(order, one\)', 'one', within=SECTION_V4,
       instruction_set='v4'),
    at(VECTOR, 'what is infinite is finite', r'_CMP_LE_OQ', '_CMP_TRUE_UQ', within=SECTION_V4, instruction_set='v4'),
    at(VECTOR, 'zero counts', r'_CMP_GT_OQ', '_CMP_GE_OQ', within=SECTION_V4, instruction_set='v4'),
    at(VECTOR, 'lanes merge in another order', r'0x31\b', '0x20', within=SECTION_V3, instruction_set='v3'),
    at(VECTOR, 'the last lanes do not merge', r'unpackhi', 'unpacklo', within=SECTION_V3, instruction_set='v3'),
    at(VECTOR, 'sums in another order', r'_mm256_permute4x64_pd\(one, 0xd8\)', 'one', within=SECTION_V3,
       instruction_set='v3'),
    at(VECTOR, 'what is infinite is finite', r'_CMP_LE_OQ', '_CMP_TRUE_UQ', within=SECTION_V3, instruction_set='v3'),
    at(VECTOR, 'zero counts', r'_CMP_GT_OQ', '_CMP_GE_OQ', within=SECTION_V3, instruction_set='v3'),
    at(VECTOR, 'a step of the merge is left out', r'half > 0 &&', 'half > 1 &&'),
    at(VECTOR, 'lanes merge with their neighbours', r'v\[i\] = vec_add\(v\[i\], v\[i \+ half\]\)',
       'v[i] = vec_add(v[2 * i], v[2 * i + 1])'),
)

CUDA_LANES = 'kernels/cuda_lanes.cuh'
CUDA_SOURCE = 'kernels/cuda_source.cuh'
CUDA_WHOLE = 'kernels/cuda_whole.cuh'
CUDA_MASKED = 'kernels/cuda_masked.cu'
CUDA_REDUCE = 'kernels/cuda_reduce.cu'

SHUFFLE = r'__shfl_xor_sync\(ALL_LANES, given, (?:\(int\))?DISTANCE\)'
STEPS = tuple(
    at(CUDA_LANES, f'the step over {distance} lanes is left out', SHUFFLE,
       rf'(DISTANCE == {distance} ? given : \g<0>)') for distance in (16, 8, 4, 2, 1))

CUDA = STEPS + (
    at(CUDA_LANES, 'lanes meet others', SHUFFLE,
       '__shfl_xor_sync(ALL_LANES, given, DISTANCE > 1 ? (int)DISTANCE / 2 : 2)'),
    at(CUDA_LANES, 'nothing is added', r'return x \+ y;', 'return x;'),
    at(CUDA_LANES, 'nothing is less', r'return y < x \? y : x;', 'return x;'),
    at(CUDA_LANES, 'what is kept is given', r'given = is_upper \? x\[i\] : upper', 'given = is_upper ? upper : x[i]'),
    at(CUDA_SOURCE, 'a code is a value', r'raw == source->code \? \(double\)NAN : ', '', at_least=1),
    at(CUDA_SOURCE, 'a code that is none', r'field->has_missing_code \? field->missing_code : NO_CODE',
       'field->missing_code'),
    at(CUDA_SOURCE, 'not unpacked', r'source->packed\s+\? moments_unpack\([^)]*\)\s+: value', 'value'),
    at(CUDA_SOURCE, 'not scaled', r'field->packed \? field->scale : 1\.0', '1.0'),
    at(CUDA_SOURCE, 'no offset', r'field->packed \? field->offset : 0\.0', '0.0'),
    at(CUDA_SOURCE, 'extremes as stored', r'return unpacked\(field, \(double\)extreme\);', 'return (double)extreme;'),
    at(CUDA_SOURCE, 'extremes not swapped', r'return field->packed && field->scale < 0\.0;', 'return false;'),
    each_call(CUDA_WHOLE, 'moments_', 'point_add(', 6),
    at(CUDA_WHOLE, 'no extreme', r'^ +sums->extremes\[j\]\[[01]\] =\s+join_least[^;]*;', ';', at_least=2),
    at(CUDA_WHOLE, 'points beyond the end', r'counts \? (x\[j\]|source_value\([^)]*\)) : 0\.0', r'\1', at_least=3),
    at(CUDA_WHOLE, 'one point beyond the end', r'counts = !IS_LAST \|\| i \+ u \* WARP < n', r'\g<0> + 1'),
    at(CUDA_WHOLE, 'no last points', r'if \(n_whole < n\)', 'if (n_whole > n)'),
    at(CUDA_WHOLE, 'what is missing is not seen', r'is_whole \? 0\.0 : masked_push\(job, index\)', '0.0'),
    at(CUDA_WHOLE, 'lanes do not hear of what is missing', r'__ballot_sync\(ALL_LANES, moments_finite\(sum\)\)',
       '(uint32_t)(moments_finite(sum) ? ALL_LANES : 0U)'),
    at(CUDA_WHOLE, 'one sum speaks for all', r'\(finite >> lane_index\(\) & LANES_MASK\) == LANES_MASK',
       '(finite >> lane_index() & 1U) == 1U'),
    at(CUDA_WHOLE, 'no sums are written', r'^ +record->sums\[[^;]*;', ';'),
    at(CUDA_WHOLE, 'extremes not swapped', r'is_least != extremes_swap<EXTREME>\(field\)', 'is_least'),
    at(CUDA_WHOLE, 'a sum of the truth is left out', r'^    case ROW_\w+:\n', '', within=r'\btruth_sum_of\(',
       at_least=9),
    at(CUDA_WHOLE, 'a count is left out', r'place == ROW_\w+', 'false', within=r'\bis_count\(', at_least=5),
    at(CUDA_WHOLE, 'a lane keeps its sum', r'__shfl_sync\(ALL_LANES, merged, [^;]*\);', 'merged;'),
    at(CUDA_WHOLE, 'another tile\'s truth', r'\(uint64_t\)task->i_tile \* job->n_strips', '0'),
    at(CUDA_WHOLE, 'no sums of the truth', r'has_truth = group == 0', 'has_truth = false'),
    at(CUDA_WHOLE, 'a plane is not looked at', r'if \(in->plane != LAYOUT_NO_PLANE\)', 'if (in->plane == -2)'),
    at(CUDA_WHOLE, 'the strip begins with the row', r' \+ in->first_column', ''),
    at(CUDA_WHOLE, 'another forecast', r'task->first \+ \(j < task->n \? j : task->n - 1\)', 'task->first'),
    at(CUDA_WHOLE, 'another forecast\'s record', r'\(uint64_t\)\(task->first \+ j\)', '(uint64_t)task->first'),
    at(CUDA_WHOLE, 'another part of the launch', r'first_block <= blockIdx\.x', 'first_block < blockIdx.x'),
    at(CUDA_MASKED, 'a count is left out', r'^ +s->sum\[ROW_\w+\] \+= [^;]*;', ';', at_least=7),
    each_call(CUDA_MASKED, 'moments_m_', 'error_add(', 2),
    each_call(CUDA_MASKED, 'moments_m_', 'anomaly_add(', 3),
    each_call(CUDA_MASKED, 'moments_m_', 'reference_add(', 4),
    at(CUDA_MASKED, 'a missing value as it is', r'if_present\(!?(?:all|has_\w+), ([^()]+)\)', r'\1', at_least=12),
    at(CUDA_MASKED, 'no extreme', r'^ +s->extremes\[[01]\] = join_least[^;]*;', ';', at_least=2),
    at(CUDA_MASKED, 'a lane keeps its extreme', r'low = __shfl_sync\(ALL_LANES, least, 0\)', 'low = least'),
    at(CUDA_MASKED, 'the least for the greatest', r'__shfl_sync\(ALL_LANES, least, WARP / 2\)',
       '__shfl_sync(ALL_LANES, least, 0)'),
    at(CUDA_MASKED, 'the strip begins with the row', r' \+ in->first_column', ''),
    at(CUDA_MASKED, 'another plane', r'\[in->plane\]', '[0]'),
    at(CUDA_MASKED, 'another tile', r'job\.tiles\[forecast->tile\]', 'job.tiles[0]'),
    at(CUDA_REDUCE, 'parts are not added', r's->part == 0 \? x : s->row \+ x', 'x'),
    at(CUDA_REDUCE, 'rows go on', r's->part == 0 \? x : s->row \+ x', 's->row + x'),
    at(CUDA_REDUCE, 'left out',
       r'^ +s->(?:plain \+= |weighted\[w\] = |part = 0|i\+\+|i \+= |extreme = )[^;]*;', ';', at_least=6),
    at(CUDA_REDUCE, 'left out', r'^ +(?:extreme|row|strip)_fold(?:<\w+>)?\([^;{]*\);', ';', at_least=5),
    at(CUDA_REDUCE, 'weighted in two roundings', r'fma\((weights\[[^,;]*), row, (s->weighted\[w\])\)', r'\1 * row + \2'),
    at(CUDA_REDUCE, 'the first row\'s weight', r'weights\[w\]\[i\]', 'weights[w][0]'),
    at(CUDA_REDUCE, 'another row\'s weight', r's->i \+ u\b', 's->i'),
    at(CUDA_REDUCE, 'the least for the greatest', r'lane_index\(\) == ROW_FORECAST_MAX \? -x : x', 'x'),
    at(CUDA_REDUCE, 'a sum of no record', r'^    case ROW_\w+:\n', '', within=r'\blane_source_of\(', at_least=4),
    at(CUDA_REDUCE, 'another tile\'s truth', r'\(uint64_t\)job->forecasts\[task->forecast\]\.tile \*', '0 *'),
    at(CUDA_REDUCE, 'another forecast\'s records', r'\(uint64_t\)task->forecast \* job->n_strips', '0'),
    at(CUDA_REDUCE, 'a lane keeps its strip', r'__shfl_sync\(ALL_LANES, strips, \(int\)\(first \+ u\)\)', 'strips'),
    at(CUDA_REDUCE, 'lanes part', r'__any_sync\(ALL_LANES, is_masked\)', 'is_masked'),
    at(CUDA_REDUCE, 'what is masked is not looked at', r'__any_sync\(ALL_LANES, is_masked\)', 'false'),
    at(CUDA_REDUCE, 'a lane keeps its place', r'__shfl_sync\(ALL_LANES, x\[u\], ROW_USED\)', 'x[u]'),
    at(CUDA_REDUCE, 'another masked row', r'\(\(uint64_t\)place - 1\)', '((uint64_t)place - (place > 1.0 ? 2 : 1))'),
    at(CUDA_REDUCE, 'the last row is left out', r'n = task->region\.n_rows \*', 'n = (task->region.n_rows - 1) *'),
    at(CUDA_REDUCE, 'the weights begin with the grid', r'sums\.i = task\.region\.first_row;', ';'),
    at(CUDA_REDUCE, 'the first strips again', r'indices\[e \+ lane_index\(\)\]', 'indices[lane_index()]'),
    at(CUDA_REDUCE, 'another region', r' \+ task->region\.first_index', ''),
    at(CUDA_REDUCE, 'the first weightings again', r'weight = task->first_weight \+ w;', 'weight = w;'),
    at(CUDA_REDUCE, 'the first weightings again', r'task->first_weight \+ w < last \? task->first_weight \+ w : last',
       'w < last ? w : last'),
    at(CUDA_REDUCE, 'another weighting', r'\(uint64_t\)weight \* job->layout->n_lat', '0'),
    at(CUDA_REDUCE, 'a NaN as it comes', r'moments_nan\(x\)', 'x'),
    at(CUDA_REDUCE, 'a sum of the reference that is not there', r' && !is_absent', ''),
    at(CUDA_REDUCE, 'weighted extremes', r'lane < ROW_SUM_COUNT && ', ''),
    at(CUDA_REDUCE, 'extremes where there are none', r'moments_finite\(x\) \? x \+ 0\.0 : \(double\)NAN', 'x + 0.0'),
    Mutation('zeros keep their sign', (CUDA_WHOLE, CUDA_MASKED, CUDA_REDUCE), r' \+ 0\.0\b', '', is_joint=True),
)

GROUPS = {'cpu': ARITHMETIC + CPU, 'emulated': ARITHMETIC + CUDA}
