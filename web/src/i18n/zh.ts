import board from './board_zh'
import codes from './codes_zh'
import fences from './fences_zh'
import fields from './fields_zh'
import live from './live_zh'
import mileage from './mileage_zh'
import outcomes from './outcomes_zh'
import own from './own_zh'
import patrol from './patrol_zh'
import places from './places_zh'
import rules from './rules_zh'
import shell from './shell_zh'
import terminals from './terminals_zh'
import tools from './tools_zh'
import transport from './transport_zh'
import violations from './violations_zh'

export default {
  ...board,
  ...codes,
  ...fences,
  ...fields,
  ...live,
  ...mileage,
  ...outcomes,
  ...own,
  ...patrol,
  ...places,
  ...rules,
  ...shell,
  ...terminals,
  ...tools,
  ...transport,
  ...violations,
}
