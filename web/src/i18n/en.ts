import board from './board_en'
import codes from './codes_en'
import fences from './fences_en'
import fields from './fields_en'
import live from './live_en'
import mileage from './mileage_en'
import outcomes from './outcomes_en'
import own from './own_en'
import patrol from './patrol_en'
import places from './places_en'
import rules from './rules_en'
import shell from './shell_en'
import terminals from './terminals_en'
import tools from './tools_en'
import transport from './transport_en'
import violations from './violations_en'

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
